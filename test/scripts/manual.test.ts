import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manual } from "../../scripts/manual/manual.ts";
import { commandPage } from "../../scripts/manual/pages.ts";
import { everyCommand } from "../../src/cli/catalogue.ts";
import { KINDS, processTables, serviceKeys, type Kind } from "../../src/settings/kinds.ts";
import { presets } from "../../src/settings/presets.ts";
import { group, setting } from "../../src/settings/setting.ts";
import { findPeer, testWith } from "../peers/peer.ts";
import { run } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(60_000);

const ROOT = join(import.meta.dirname, "../../");
const DAY = new Date("2026-11-26T12:00:00Z");
const PAGES = await manual(DAY);
const mandoc = findPeer("mandoc", ["mandoc", "-?"], (text) => text.includes("usage: mandoc"));

function pageOf(name: string): string {
  return PAGES.find((page) => page.name === name)?.text ?? "";
}

/** What a reader sees of a page, with runs of blanks as one. */
async function rendered(text: string): Promise<string> {
  const { code, stdout, stderr } = await run(["mandoc", "-Tascii", "-O", "width=200"], { stdin: text });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const struck = stdout.toString().split("\b"); // A bold letter is struck twice.
  const once = struck.map((part, index) => (index < struck.length - 1 ? part.slice(0, -1) : part));
  return once.join("").replace(/\s+/g, " ");
}

describe("manual()", () => {
  test("has a page for the program, for each command, for each group, and for the file", async () => {
    const words = (await everyCommand()).map(({ name }) => `poetry-proxy-${name.split(" ")[0]}`);
    expect(PAGES.map(({ name }) => name)).toEqual(["poetry-proxy", ...new Set(words), "poetry.toml"]);
  });

  testWith(mandoc, "mandoc -Tlint accepts all pages", async () => {
    for (const { name, text } of PAGES) {
      const { code, stdout } = await run(["mandoc", "-Tlint", "-Wwarning"], { stdin: text });
      expect({ name, code, said: stdout.toString() }).toEqual({ name, code: 0, said: "" });
    }
  });

  test("has every flag of every command, and every key of the file", async () => {
    for (const { name, settings } of await everyCommand()) {
      const text = pageOf(`poetry-proxy-${name.split(" ")[0]}`);
      for (const { flag, kind } of Object.values(settings))
        expect(text).toMatch(
          new RegExp(kind.startsWith("positional") ? `\\.It Ar ${flag.toUpperCase()}\n` : `Fl Fl ${flag}\\b`),
        );
    }
    const file = pageOf("poetry.toml");
    for (const kind of Object.keys(KINDS) as Kind[])
      for (const key of serviceKeys(kind).keys())
        expect(file).toContain(`\n.It Ic ${key.replaceAll("-", "\\-")} = `);
    for (const table of processTables().keys()) expect(file).toContain(`\n.Ss [${table}]\n`);
  });

  test("has a flag that is added to a table, and nothing else changes", async () => {
    const [serve] = await everyCommand();
    const more = group("Moods", {
      mood: setting({
        hint: "MOOD",
        words: ["glad", "sad"],
        default: "sad",
        parse: (text) => text,
        help: "How to serve",
      }),
    });
    const edition = { version: "1", date: "November 26, 2026" };
    const before = commandPage(serve as NonNullable<typeof serve>, edition, []).text;
    const after = commandPage(
      { ...(serve as NonNullable<typeof serve>), settings: { ...serve?.settings, ...more } },
      edition,
      [],
    ).text;
    const added = `.Ss Moods\n.Bl -tag -width Ds\n.It Fl Fl mood Ar MOOD\nHow to serve.\nOne of: glad, sad.\nDefault: sad.\n.El\n`;
    expect(after.replace(added, "")).toBe(before);
    expect(after).toContain(added);
  });

  test("has every signal and every exit code in docs/settings.md", () => {
    const [, section = ""] =
      /\n## Signals and exit codes\n(.*?)\n## /s.exec(readFileSync(`${ROOT}docs/settings.md`, "utf8")) ?? [];
    const program = pageOf("poetry-proxy");
    const [signals, codes] = [
      section.match(/SIG[A-Z0-9]+/g) ?? [],
      section.match(/(?<=\| )\d+\b(?! \+)/g) ?? [],
    ];
    expect([signals.length, codes.length].every((count) => count > 3)).toBe(true);
    for (const signal of signals) expect(program).toContain(signal);
    for (const code of codes) expect(program).toContain(`\n.It ${code}\n`);
  });

  test("is the same for the same day", async () => {
    expect(await manual(DAY)).toEqual(PAGES);
  });

  testWith(mandoc, "shows texts correctly: dashes, backslashes, quotes and dots", async () => {
    const proxy = await rendered(pageOf("poetry-proxy-proxy"));
    expect(proxy).toContain(
      "-p, --port PORT Port to listen on; 0: any free one, which is logged. Default: 0.",
    );
    expect(proxy).toContain("--host, --iface HOST Address to listen on; 0.0.0.0 or :: for all interfaces.");
    expect(await rendered(pageOf("poetry-proxy-get"))).toContain(
      "by default they are shown escaped, as \\x1b.",
    );
    const list = await rendered(pageOf("poetry-proxy-presets"));
    for (const [flag, value] of Object.values(presets).flatMap(({ flags }) => Object.entries(flags)))
      for (const text of [value].flat()) expect(list).toContain(`--${flag} '${text.replace(/\s+/g, " ")}'`);
  });

  test("bun run manual writes the pages, and completions for both names", async () => {
    await using dir = new TempDir();
    const { code } = await run([process.execPath, join(ROOT, "scripts/manual.ts"), dir.path]);
    expect(code).toBe(0);
    const files = [...new Bun.Glob("**/*").scanSync(dir.path)].toSorted();
    expect(files).toEqual(
      [
        ...PAGES.map(({ name, part }) => `man${part}/${name}.${part}`),
        ...["poetry", "poetry-proxy"].flatMap((name) => [
          `completions/bash/${name}`,
          `completions/zsh/_${name}`,
          `completions/fish/${name}.fish`,
        ]),
      ].toSorted(),
    );
    expect(readFileSync(join(dir.path, "completions/zsh/_poetry-proxy"), "utf8")).toStartWith(
      "#compdef poetry-proxy\n",
    );
  });
});
