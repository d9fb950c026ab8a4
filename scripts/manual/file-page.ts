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
        "A TOML file describes the services of one process. A service is a table [COMMAND.NAME], where COMMAND is serve, proxy, transform-serve or transform-proxy and NAME is yours to choose (letters, digits, -, _ and .). The name appears in the log, in metrics and in poetry ctl, and must be unique.",
      ),
      ".Pp",
      text(
        'Keys are the flags of the command without their dashes, and take the same values. Numbers need no quotes, lists may be arrays, and a flag without a value is true or false. Write regular expressions in single quotes. Relative paths are relative to the file. There are no variables. A secret is written as { env = "NAME" } or { file = "PATH" }.',
      ),
      ".Pp",
      text(
        "[defaults.COMMAND] applies to every service of that kind, unless the service or its preset sets the key itself. Several files, or the *.toml files of a directory in byte order, form one configuration. Unknown keys, wrong values and settings without effect are mistakes, which poetry check reports.",
      ),
      ".Pp",
      text(
        "On SIGHUP or poetry ctl reload, a running poetry-proxy up reloads its files. A reload is applied as a whole, or not at all.",
      ),
    ),
    ...section("THE PROCESS", ...tables(Object.values<Setting>(processSettings))),
    ...section("SERVICES", ...kinds.flatMap(service)),
    ...section(
      "FILES",
      ...terms([["Pa /etc/poetry-proxy/poetry.toml", text("The default configuration file.")]]),
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
