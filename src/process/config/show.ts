import ms from "ms";
import { KINDS, processSettings } from "../../settings/kinds.ts";
import type { Setting, Settings } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";
import { byTable, keyInTable, settingLine } from "../../settings/file/toml-text.ts";
import type { Given, GivenSettings } from "./config-file.ts";
import type { Plan } from "./plan.ts";

/** The column where the comments start. */
const COLUMN = 40;

/** All settings of a plan in the form of a file, each with its source in a comment: `poetry check --show`. */
export function showPlan({ process, processGiven, services }: Plan): string {
  const tables = [...byTable(Object.values(processSettings as Settings))].map(([table, rows]) =>
    tableText(`[${table}]`, rows, process as unknown as Settled, processGiven, new Map()),
  );
  for (const { kind, name, settled, table, defaults } of services) {
    const rows = byTable(Object.values<Setting>(KINDS[kind].settings)).get("") ?? [];
    tables.push(tableText(`[${kind}.${name}]`, rows, settled, table.given, defaults));
  }
  return tables.join("\n");
}

function tableText(
  title: string,
  rows: readonly Setting[],
  settled: Settled,
  given: GivenSettings,
  defaults: GivenSettings,
): string {
  return [title, ...rows.map(line)].map((each) => `${each}\n`).join("");

  function line(setting: Setting): string {
    const { flag, secret, kind } = setting;
    const key = keyInTable(setting);
    const texts = settled.textsOf(flag);
    const comment = `# ${originOf(flag)}`;
    if (texts.length === 0 && kind !== "flag") return `# ${key} is not set`;
    if (secret) return `# ${key} is set, but secret`.padEnd(COLUMN) + comment;
    const instead = gaveWay(setting, settled.valueOf(flag), texts);
    if (instead !== undefined)
      return `${settingLine(setting, [instead]).padEnd(COLUMN)} # instead of ${texts.join("")}, because of other settings`;
    return `${settingLine(setting, texts).padEnd(COLUMN)} ${comment}`;
  }

  function originOf(flag: string): string {
    const origin = settled.originOf(flag);
    if (origin === "given") return placeOf(given.get(flag)) ?? "command line";
    if (origin === "defaults") return placeOf(defaults.get(flag)) ?? origin;
    if (origin === "preset") return `preset ${settled.textsOf("preset").join("")}`;
    return "default";
  }
}

/** The value as text, if it gave way to other settings and so is not what its text says. */
function gaveWay(setting: Setting, value: unknown, [text]: readonly string[]): string | undefined {
  if (!setting.giveWay || text === undefined || typeof value !== "number" || value === setting.parse(text))
    return undefined;
  return value === 0 || value === Infinity ? (value === 0 ? "0" : "inf") : ms(value);
}

function placeOf(given: Given | undefined): string | undefined {
  return given && `${given.file}:${given.at.line}`;
}
