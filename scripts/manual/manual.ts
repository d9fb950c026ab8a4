import pkg from "../../package.json" with { type: "json" };
import { COMMANDS, GROUPS } from "../../src/cli/catalogue.ts";
import { filePage } from "./file-page.ts";
import { PROGRAM } from "./mdoc.ts";
import { commandPage, groupPage, programPage, type ManualPage } from "./pages.ts";

/** All pages of the manual. They depend on nothing but the tables of the code, the version and the date. */
export async function manual(day: Date): Promise<ManualPage[]> {
  const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).default));
  const groups = await Promise.all(
    Object.entries(GROUPS).map(async ([name, { description, load }]) => ({
      name,
      description,
      commands: Object.values(await load()),
    })),
  );
  const edition = { version: pkg.version, date: dateOf(day) };
  const names = [...commands, ...groups].map(({ name }) => `${PROGRAM}-${name}`).toSorted();
  const others = (own: string) => names.filter((name) => name !== `${PROGRAM}-${own}`);
  return [
    programPage(pkg.description, commands, groups, edition),
    ...commands.map((command) => commandPage(command, edition, others(command.name))),
    ...groups.map((group) => groupPage(group, edition, others(group.name))),
    filePage(edition),
  ];
}

function dateOf(day: Date): string {
  return day.toLocaleDateString("en-US", { timeZone: "UTC", dateStyle: "long" });
}
