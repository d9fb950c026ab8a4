import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readSettings } from "../../../src/cli/command.ts";
import proxy from "../../../src/cli/commands/proxy.ts";
import type { Page } from "../../../src/cli/page.ts";
import { presetList, presetPage } from "../../../src/cli/preset-page.ts";
import { presets } from "../../../src/settings/presets.ts";
import { poetry, run } from "../../support/program.ts";

setDefaultTimeout(30_000);

const NAMES = Object.keys(presets);

function page(columns: number): Page {
  return { columns, heading: (text) => text };
}

describe("poetry presets", () => {
  test("lists every preset, one per line if there is no terminal width", async () => {
    const { code, stdout } = await poetry("presets");
    const lines = stdout.toString().split("\n");
    expect(code).toBe(0);
    for (const [name, { description }] of Object.entries(presets))
      expect(
        lines.filter((line) => line.startsWith(`  ${name} `) && line.endsWith(description)),
      ).toHaveLength(1);
  });

  test.each([40, 80, 120])("presetList() fits into %d columns", (columns) => {
    const lines = presetList(presets, page(columns)).split("\n");
    expect(lines.filter((line) => line.length > columns && !line.startsWith("USAGE"))).toEqual([]);
  });

  test.each(NAMES)("%s: presetPage() has every flag with its values and reasons, and a command", (name) => {
    const preset = presets[name] as (typeof presets)[string];
    const text = presetPage(name, preset, page(80));
    for (const value of Object.entries(preset.flags).flatMap(([flag, texts]) =>
      [texts].flat().map((each) => [flag, each] as const),
    ))
      expect(text).toContain(`\n  --${value[0]} `);
    expect(text).toContain("\nWHY\n");
    expect(text).toContain(`\n  poetry ${preset.example}\n`);
    expect(text).not.toMatch(/[ \t]$/m);
    expect(text).not.toContain("`");
  });

  test.each(NAMES)("%s: its example is a valid command line", async (name) => {
    const [command, ...argv] = presets[name]?.example.split(" ") ?? [];
    expect(command).toBe("proxy");
    expect((await readSettings(proxy, argv)).textsOf("preset")).toEqual([name]);
  });

  test("prints flags quoted for a shell", async () => {
    const { stdout } = await poetry("presets", "haproxy");
    const flags =
      stdout
        .toString()
        .match(/^ {2}--.*$/gm)
        ?.join(" ") ?? "";
    const { stdout: words } = await run(["sh", "-c", `printf '%s\\n' ${flags}`]);
    const expected = Object.entries(presets.haproxy?.flags ?? {}).flatMap(([flag, value]) =>
      [value].flat().flatMap((text) => [`--${flag}`, text]),
    );
    expect(words.toString().trimEnd().split("\n")).toEqual(expected);
  });

  test("rejects an unknown preset, and suggests the closest one", async () => {
    const { code, stdout, stderr } = await poetry("presets", "whoi");
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("did you mean whois?");
  });
});
