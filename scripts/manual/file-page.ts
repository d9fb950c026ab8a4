import { byTable } from "../../src/settings/file/toml-text.ts";
import { KINDS, processSettings, type Kind } from "../../src/settings/kinds.ts";
import { keyOf, type Setting } from "../../src/settings/setting.ts";
import { keyTerm } from "./entries.ts";
import { literal, PROGRAM, references, section, subsection, terms, text } from "./mdoc.ts";
import { head, whole, type Edition, type ManualPage } from "./pages.ts";

const EXAMPLE = [
  "[log]",
  'access = "errors"',
  "",
  "[defaults.proxy]",
  "max-clients = 200",
  "",
  "[proxy.whois]",
  'upstream = ["whois.ripe.net:43", "whois.example:43"]',
  "port = 4343",
  'preset = "whois"',
  "allow = '^[a-z.]+$'",
  "",
  "[serve.poems]",
  'file = "poems/"',
  "port = 10001",
];

/** `poetry.toml.5`: the tables and keys of configuration files. */
export function filePage(edition: Edition): ManualPage {
  const kinds = Object.keys(KINDS) as Kind[];
  const lines = [
    ...head("poetry.toml", 5, `configuration of ${PROGRAM}`, edition),
    ...section(
      "DESCRIPTION",
      text(
        "A TOML file describes the services of one process. A service is a table [COMMAND.NAME], with serve, proxy, transform-serve or transform-proxy for COMMAND and a NAME of your own (letters, digits, -, _ and .), which appears in the log, in metrics and in poetry ctl. No two services share a name.",
      ),
      ".Pp",
      text(
        'The keys are the flags of the command without their dashes, and take the same values; numbers need no quotes, lists may be arrays, and what is a flag without a value is true or false. Regular expressions belong in single quotes. Relative paths begin at the file. There are no variables. A secret may be written as { env = "NAME" } or { file = "PATH" }.',
      ),
      ".Pp",
      text(
        `[defaults.COMMAND] holds for every service of a kind that does not say otherwise. Several files, or the *.toml of a directory in byte order, are one configuration. Unknown keys, wrong values and settings without effect are mistakes: poetry check finds all of them.`,
      ),
      ".Pp",
      text(
        "On SIGHUP, or when poetry ctl reload says so, a running poetry-proxy up reads its files again: all of the change happens, or none of it.",
      ),
    ),
    ...section("THE PROCESS", ...tables(Object.values<Setting>(processSettings))),
    ...section("SERVICES", ...kinds.flatMap(service)),
    ...section(
      "FILES",
      ...terms([["Pa /etc/poetry-proxy/poetry.toml", text("What is read without an argument.")]]),
    ),
    ...section("EXAMPLES", ...literal(EXAMPLE)),
    ...section(
      "SEE ALSO",
      ...references(["", "-check", "-config", "-up"].map((end) => [`${PROGRAM}${end}`, 1] as const)),
    ),
  ];
  return { name: "poetry.toml", part: 5, text: whole(lines) };
}

function service(kind: Kind): string[] {
  const rows = byTable(Object.values<Setting>(KINDS[kind].settings)).get("") ?? [];
  return subsection(`[${kind}.NAME]`, ...terms(rows.map((row) => keyTerm(row, keyOf(row)))));
}

function tables(settings: readonly Setting[]): string[] {
  return [...byTable(settings)].flatMap(([table, rows]) =>
    subsection(`[${table}]`, ...terms(rows.map((row) => keyTerm(row, keyOf(row).replace(/^.*\./, ""))))),
  );
}
