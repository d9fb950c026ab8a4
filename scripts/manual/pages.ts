import type { Command } from "../../src/cli/command.ts";
import { isArgument, nameOf, type Setting, type Settings } from "../../src/settings/setting.ts";
import { presets } from "../../src/settings/presets.ts";
import { flagTerm } from "./entries.ts";
import { ENVIRONMENT, EXIT_CODES, FILES, SIGNALS } from "./facts.ts";
import { argument, literal, PROGRAM, references, section, subsection, terms, text } from "./mdoc.ts";

/** What all pages have in common. */
export interface Edition {
  readonly version: string;
  /** `November 26, 2026` */
  readonly date: string;
}

/** A page of the manual: `poetry-proxy-serve.1`, and its text. */
export interface ManualPage {
  readonly name: string;
  readonly part: 1 | 5;
  readonly text: string;
}

interface Group {
  readonly name: string;
  readonly description: string;
  readonly commands: readonly Command[];
}

/** The first lines of a page. */
export function head(name: string, part: 1 | 5, about: string, { version, date }: Edition): string[] {
  return [
    `.Dd ${date}`,
    `.Dt ${name.toUpperCase()} ${part}`,
    `.Os "${PROGRAM} ${version}"`,
    ...section("NAME", `.Nm ${name}`, `.Nd ${text(lowered(about))}`),
  ];
}

/** `poetry-proxy-COMMAND.1`: a command, its arguments and all its flags. */
export function commandPage(command: Command, edition: Edition, others: readonly string[]): ManualPage {
  const name = `${PROGRAM}-${command.name}`;
  const settings = Object.values(command.settings);
  const lines = [
    ...head(name, 1, command.description, edition),
    ...section("SYNOPSIS", ...synopsis(command)),
    ...section("DESCRIPTION", text(command.description), ...terms(settings.filter(isArgument).map(flagTerm))),
    ...section("OPTIONS", ...options(command.settings)),
    ...(command.name === "presets" ? section("PRESETS", ...presetTerms()) : []),
    ...ending(command.examples.length > 0 ? examples([command]) : [], others),
  ];
  return { name, part: 1, text: whole(lines) };
}

/** `poetry-proxy-ctl.1`: the commands of a group on one page, with their common flags described once. */
export function groupPage(
  { name: word, description, commands }: Group,
  edition: Edition,
  others: readonly string[],
): ManualPage {
  const name = `${PROGRAM}-${word}`;
  const [first, ...rest] = commands;
  const common = Object.entries(first?.settings ?? {}).filter(([flag, row]) =>
    rest.every(({ settings }) => settings[flag] === row),
  );
  const isCommon = ({ flag }: Setting) => common.some(([shared]) => shared === flag);
  const lines = [
    ...head(name, 1, description, edition),
    ...section("SYNOPSIS", ...commands.flatMap(synopsis)),
    ...section("DESCRIPTION", text(description)),
    ...commands.flatMap((command) => {
      const own = Object.values(command.settings).filter((each) => !isCommon(each));
      return subsection(command.name, text(command.description), ...terms(own.map(flagTerm)));
    }),
    ...section(
      "OPTIONS",
      text("All of these commands accept:"),
      ...terms(common.map(([, row]) => flagTerm(row))),
    ),
    ...ending(examples(commands), others),
  ];
  return { name, part: 1, text: whole(lines) };
}

/** `poetry-proxy.1`: an overview. */
export function programPage(
  about: string,
  commands: readonly Command[],
  groups: readonly Group[],
  edition: Edition,
): ManualPage {
  const all = [...commands, ...groups];
  const names = all.map(({ name }) => `${PROGRAM}-${name}`).toSorted();
  const lines = [
    ...head(PROGRAM, 1, about, edition),
    ...section("SYNOPSIS", `.Nm`, ".Ar COMMAND", ".Op Ar flag ...", ".Nm", ".Fl Fl help | Fl Fl version"),
    ...section(
      "DESCRIPTION",
      text(
        "poetry-proxy is a proxy for one-shot TCP services: a client connects, perhaps sends one request, and the server answers and hangs up; the end of the connection ends the answer. The proxy caches answers, asks the service only once however many clients are waiting, and resets its clients if an answer is incomplete, so that a clean end always means a whole answer.",
      ),
      ".Pp",
      text("Each command has its own page:"),
      ...terms(all.map(({ name, description }) => [`Xr ${PROGRAM}-${name} 1`, text(description)])),
      ".Pp",
      text(
        "In archives, npm packages and the source tree the program is called poetry. An address is a PORT on 127.0.0.1, HOST:PORT, [IPV6]:PORT or unix:/PATH. Durations are written as 250ms, 90s, 1.5h, 30d, 0 or inf, sizes as 4096, 512KiB or 64MiB. Write a value that begins with a dash as --flag=-value.",
      ),
    ),
    ...section(
      "ENVIRONMENT",
      ...terms(ENVIRONMENT.map(([name, what]) => [`Ev ${name.replaceAll(",", " ,")}`, text(what)])),
    ),
    ...section("FILES", ...terms(FILES.map(([path, what]) => [`Pa ${path}`, text(what)]))),
    ...section("EXIT STATUS", ...terms(EXIT_CODES.map(([code, what]) => [argument(code), text(what)]))),
    ...section("EXAMPLES", ...examples(commands.slice(0, 3))),
    ...section("SIGNALS", ...terms(SIGNALS.map(([name, what]) => [argument(name), text(what)]))),
    ...section("SEE ALSO", ...references([...names.map((name) => [name, 1] as const), ["poetry.toml", 5]])),
  ];
  return { name: PROGRAM, part: 1, text: whole(lines) };
}

/** Lines as the text of a page. */
export function whole(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function synopsis({ name, settings }: Command): string[] {
  const words = Object.values(settings)
    .filter(isArgument)
    .map((setting) => {
      const word = `Ar ${nameOf(setting)}${setting.kind === "positionals" ? " ..." : ""}`;
      return setting.default === undefined ? `.${word}` : `.Op ${word}`;
    });
  return [`.Nm "${PROGRAM} ${name}"`, ...words, ".Op Ar flag ..."];
}

/** The flags of a command, under the headings of its help. */
function options(settings: Settings): string[] {
  const flags = Object.values(settings).filter((each) => !isArgument(each));
  return [...Map.groupBy(flags, ({ group }) => group)].flatMap(([title, rows]) =>
    subsection(title, ...terms(rows.map(flagTerm))),
  );
}

function presetTerms(): string[] {
  return terms(
    Object.entries(presets).map(([name, { description, flags }]) => {
      const given = Object.entries(flags).flatMap(([flag, value]) =>
        [value].flat().map((each) => `--${flag} '${each}'`),
      );
      return [`Cm ${argument(name)}`, text(`${description}.`), ...literal(given)];
    }),
  );
}

function examples(commands: readonly Pick<Command, "examples">[]): string[] {
  return commands.flatMap(({ examples: all }) =>
    all.flatMap(([line, effect], index) => [
      ...(index === 0 && commands[0]?.examples === all ? [] : [".Pp"]),
      text(`${effect}:`.replace(/\.:$/, ":")),
      ...literal([`${PROGRAM} ${line}`]),
    ]),
  );
}

/** The last sections of a page: exit codes, examples, other pages. */
function ending(shown: readonly string[], others: readonly string[]): string[] {
  const codes = EXIT_CODES.filter(([code]) => ["0", "1", "2"].includes(code));
  return [
    ...section("EXIT STATUS", ...terms(codes.map(([code, what]) => [code, text(what)]))),
    ".Pp",
    `.Xr ${PROGRAM} 1`,
    "lists the others.",
    ...section("EXAMPLES", ...shown),
    ...section(
      "SEE ALSO",
      ...references([[PROGRAM, 1], ...others.map((name) => [name, 1] as const), ["poetry.toml", 5]]),
    ),
  ];
}

/** A description as it follows a name: without a full stop, starting in lower case. */
function lowered(about: string): string {
  return about.charAt(0).toLowerCase() + about.slice(1).replace(/\.$/, "");
}
