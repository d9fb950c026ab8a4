import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { longHelp, overview, shortHelp } from "../../src/cli/help.ts";
import type { Page } from "../../src/cli/page.ts";
import get from "../../src/cli/commands/get.ts";
import proxy from "../../src/cli/commands/proxy.ts";
import serve from "../../src/cli/commands/serve.ts";
import transformProxy from "../../src/cli/commands/transform-proxy.ts";
import transformServe from "../../src/cli/commands/transform-serve.ts";
import { presets } from "../../src/settings/presets.ts";
import { poetry, POETRY } from "../support/program.ts";

setDefaultTimeout(30_000);

const COMMANDS = [serve, proxy, get, transformServe, transformProxy];

function page(columns: number): Page {
  return { columns, heading: (text) => text };
}

/** The headings of a help text, in order. */
function headings(help: string): string[] {
  return help.split("\n").filter((line) => /^[A-Z ]+$/.test(line));
}

/** What `poetry …args` prints on a terminal. */
async function onTerminal(cols: number, args: string[], env: Record<string, string> = {}): Promise<string> {
  const decoder = new TextDecoder();
  const ended = Promise.withResolvers<void>();
  let text = "";
  const child = Bun.spawn([POETRY, ...args], {
    env: { PATH: process.env.PATH, TERM: "xterm", ...env },
    terminal: {
      cols,
      rows: 50,
      data: (_terminal, bytes) => void (text += decoder.decode(bytes, { stream: true })),
      exit: () => ended.resolve(),
    },
  });
  await ended.promise; // The program has exited, and all of its output has been read.
  await child.exited;
  return text.replaceAll("\r\n", "\n");
}

describe.each(COMMANDS)("poetry $name --help", (command) => {
  test("puts texts below the flags in -h where they would have little room beside them", () => {
    const narrow = shortHelp(command, page(40)).split("\n");
    expect(narrow).toContain("  -h, --help");
    expect(narrow[narrow.indexOf("  -h, --help") + 1]).toBe("        Explain every flag");
    expect(shortHelp(command, page(60))).toMatch(/^  -h, --help +Explain every flag$/m);
  });

  test.each([40, 80, 120])("fits into %d columns, except for what must not be wrapped", (columns) => {
    for (const help of [longHelp(command, page(columns)), shortHelp(command, page(columns))]) {
      const long = help.split("\n").filter((line) => line.length > columns);
      expect(long.filter((line) => !/^( {2}(-|poetry )|USAGE )/.test(line))).toEqual([]);
      expect(help).not.toMatch(/[ \t]$/m);
      expect(help).toEndWith("\n");
    }
    expect(
      Math.max(
        ...longHelp(command, page(80))
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThan(81);
  });

  test("explains every setting once, under the heading of its group", () => {
    const help = longHelp(command, page(80));
    for (const { flag, kind, group } of Object.values(command.settings)) {
      const isArgument = kind === "positional" || kind === "positionals";
      const heading = isArgument ? "ARGUMENTS" : group.toUpperCase();
      const [, section = ""] = help.split(`\n${heading}\n`);
      const name = new RegExp(
        isArgument ? `^  ${flag.toUpperCase()}$` : `^  (-., )?--${flag}(=| |$|,)`,
        "gm",
      );
      expect(section.split("\n\n")[0]?.match(name)).toHaveLength(1);
      expect(help.match(name)).toHaveLength(1);
    }
    expect(headings(help)).toEqual([...new Set(headings(help))]);
    expect(headings(help).at(-1)).toBe("EXAMPLES");
  });

  test("has every flag in the short form, in fewer lines", () => {
    const [short, long] = [shortHelp(command, page(80)), longHelp(command, page(80))];
    for (const flag of Object.keys(command.settings)) expect(short).toMatch(new RegExp(`\\b${flag}\\b`, "i"));
    expect(short.split("\n").length).toBeLessThan(long.split("\n").length * 0.7);
    expect(short).toEndWith(`"poetry ${command.name} --help" explains each flag, with examples.\n`);
  });
});

test("longHelp() shows the defaults of a preset, and those without it", () => {
  const help = longHelp(proxy, page(80), presets.gopher);
  expect(help).toContain("\n  --request=<FRAMING> (Default: line)\n");
  expect(help).toContain("\n  --ttl=<DURATION> (Default: 60s)\n");
  expect(help).toContain("\n  --grace=<DURATION> (Default: 0)\n");
  expect(longHelp(proxy, page(80))).toContain("\n  --ttl=<DURATION> (Default: 2h)\n");
});

test("longHelp() names the possible values", () => {
  const text = longHelp(proxy, page(80)).replace(/\s+/g, " ");
  expect(text).toContain(`explicit flags win: ${Object.keys(presets).join(", ")}`);
});

test("overview() names each command, and an example of it", () => {
  const help = overview({ description: "Poems", version: "1.2.3" }, COMMANDS, page(80));
  expect(help).toStartWith("Poems (version 1.2.3)\n");
  for (const { name, examples } of COMMANDS) {
    expect(help).toContain(`\n  ${name} `);
    expect(help).toContain(`\n  poetry ${examples[0]?.[0]}\n`);
  }
});

describe("poetry help", () => {
  test.each(COMMANDS.map(({ name }) => name))("%s is poetry %s --help", async (name) => {
    const [help, flag] = await Promise.all([poetry("help", name), poetry(name, "--help")]);
    expect(help).toEqual(flag);
    expect(help.code).toBe(0);
  });

  test.each([["help"], ["--help"], ["-h"]])("%s is poetry --help", async (word) => {
    const [help, flag] = await Promise.all([poetry("help", word), poetry("--help")]);
    expect(help).toEqual(flag);
  });

  test("-h is the short form of --help, whatever else the command line has", async () => {
    const [short, long] = await Promise.all([
      poetry("proxy", "--port", "x", "-h"),
      poetry("proxy", "--help"),
    ]);
    expect(short.stdout.toString()).toBe(shortHelp(proxy, page(80)));
    expect(long.stdout.toString()).toBe(longHelp(proxy, page(80)));
  });
});

describe("help on a terminal", () => {
  test.each([50, 132])("is as wide as the terminal: %d columns", async (columns) => {
    const text = await onTerminal(columns, ["serve", "--help"], { NO_COLOR: "1" });
    expect(text).toBe(longHelp(serve, page(columns)));
  });

  test("has bold headings, unless NO_COLOR is set", async () => {
    expect(await onTerminal(80, ["get", "-h"])).toContain("\x1b[1mUSAGE\x1b[22m poetry get");
    expect(await onTerminal(80, ["get", "-h"], { NO_COLOR: "1" })).not.toContain("\x1b");
  });

  test("uses 80 columns if the terminal does not know its width", async () => {
    expect(await onTerminal(0, ["get", "-h"], { NO_COLOR: "1" })).toBe(shortHelp(get, page(80)));
  });
});
