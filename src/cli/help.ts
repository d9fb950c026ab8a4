import { isArgument, nameOf, type Preset, type Setting } from "../settings/setting.ts";
import { defaultTextsOf } from "../settings/settled.ts";
import type { Command, Example } from "./command.ts";
import { columnSection, lines, section, wrap, type Entry, type Page } from "./page.ts";
import { PROGRAM } from "./program.ts";

/** `--help`: every setting explained, by group, and examples. With a preset, its values are shown as the defaults. */
export function longHelp(command: Command, page: Page, preset?: Preset): string {
  const settings = Object.values(command.settings);
  const groups = Map.groupBy(settings.filter(isFlag), (setting) => setting.group);
  return lines([
    ...introduction(command, page),
    ...section("ARGUMENTS", settings.filter(isArgument).map(argumentEntry), page),
    ...[...groups].flatMap(([title, rows]) =>
      section(
        title.toUpperCase(),
        rows.map((row) => flagEntry(row, preset)),
        page,
      ),
    ),
    ...exampleSection(command.examples, page),
  ]);
}

/** `-h`: one short entry per flag. */
export function shortHelp(command: Command, page: Page): string {
  const settings = Object.values(command.settings);
  const groups = Map.groupBy(settings.filter(isFlag), (setting) => setting.group);
  const column = Math.max(...settings.map((setting) => flagNames(setting).length));
  return lines([
    ...introduction(command, page),
    ...columnSection("ARGUMENTS", settings.filter(isArgument).map(argumentEntry), column, page),
    ...[...groups].flatMap(([title, rows]) =>
      columnSection(title.toUpperCase(), rows.map(shortEntry), column, page),
    ),
    "",
    ...wrap(`"${PROGRAM} ${command.name} --help" explains each flag, with examples.`, 0, page.columns),
  ]);
}

/** The help of the program: a list of its commands. */
export function overview(
  { description, version }: { readonly description: string; readonly version: string },
  commands: readonly Pick<Command, "name" | "description" | "examples">[],
  page: Page,
): string {
  const entries = commands.map(({ name, description: text }): Entry => [name, text]);
  const flags = [
    ["-h, --help", "Show this help; after a command: explain all its flags, or with -h list them"],
    ["--version", "Show the version"],
  ] as const;
  return lines([
    ...wrap(`${description} (version ${version})`, 0, page.columns),
    "",
    `${page.heading("USAGE")} ${PROGRAM} COMMAND [FLAGS]`,
    ...columnSection("COMMANDS", entries, Math.max(...commands.map(({ name }) => name.length)), page),
    ...section("FLAGS", flags, page),
    ...exampleSection(
      commands.flatMap(({ examples }) => examples.slice(0, 1)),
      page,
    ),
    "",
    ...wrap(
      `"${PROGRAM} help COMMAND" explains a command, "${PROGRAM} COMMAND -h" lists its flags.`,
      0,
      page.columns,
    ),
  ]);
}

/** The help of a group such as `ctl`: a list of its commands. */
export function groupOverview(
  group: string,
  description: string,
  commands: readonly Command[],
  page: Page,
): string {
  const entries = commands.map(({ name, description: text }): Entry => [name, text]);
  return lines([
    ...wrap(description, 0, page.columns),
    "",
    `${page.heading("USAGE")} ${PROGRAM} ${group} ...`,
    ...columnSection("COMMANDS", entries, Math.max(...commands.map(({ name }) => name.length)), page),
    ...exampleSection(
      commands.flatMap(({ examples }) => examples.slice(0, 1)),
      page,
    ),
    "",
    ...wrap(`"${PROGRAM} help ${group} ..." explains a command.`, 0, page.columns),
  ]);
}

/** What the command does, and how it is called. */
function introduction({ name, description, settings }: Command, page: Page): string[] {
  const words = Object.values(settings)
    .filter(isArgument)
    .map((setting) => {
      const word = nameOf(setting) + (setting.kind === "positionals" ? "..." : "");
      return setting.default === undefined ? word : `[${word}]`;
    });
  const usage = [PROGRAM, name, ...words, "[FLAGS]"].join(" ");
  return [...wrap(description, 0, page.columns), "", `${page.heading("USAGE")} ${usage}`];
}

function argumentEntry(setting: Setting): Entry {
  return [nameOf(setting), `${setting.help}: ${setting.hint}`];
}

/** A flag with its default; its words are listed unless the help names them anyway. */
function flagEntry(setting: Setting, preset?: Preset): Entry {
  const { help, hint = "", words = [], defaultHelp } = setting;
  const isPreset = preset !== undefined && Object.hasOwn(preset.flags, setting.flag);
  const standard = (isPreset ? undefined : defaultHelp) ?? defaultTextsOf(setting, preset).join(" ");
  const value = setting.kind === "flag" ? "" : `=<${hint}>`;
  const areShown = words.every((word) => hint.includes(word) || help.includes(word));
  return [
    `${flagNames(setting)}${value}${standard === "" ? "" : ` (Default: ${standard})`}`,
    areShown ? help : `${help}: ${words.join(", ")}`,
  ];
}

function shortEntry(setting: Setting): Entry {
  return [flagNames(setting), setting.help.split(/[;:]/)[0] as string];
}

/** The names of a flag: `-p, --port` or `--host, --iface`. */
export function flagNames(setting: Setting): string {
  const { alias } = setting;
  if (alias === undefined) return nameOf(setting);
  return alias.length === 1 ? `-${alias}, ${nameOf(setting)}` : `${nameOf(setting)}, --${alias}`;
}

function exampleSection(examples: readonly Example[], page: Page): string[] {
  return section(
    "EXAMPLES",
    examples.map(([line, effect]) => [`${PROGRAM} ${line}`, effect]),
    page,
  );
}

function isFlag(setting: Setting): boolean {
  return !isArgument(setting);
}
