import { blocksOf, proseOf } from "./documents.ts";

/** A flag that a document mentions. */
export interface Mention {
  /** With its dashes. */
  readonly flag: string;
  /** The command that it belongs to: `proxy`, `ctl purge`; "" for the program itself; absent: the text does not say. */
  readonly command?: string;
}

const PROGRAM = /(?:^|[\s"'(=/])(?:poetry|poetry-proxy) +([^|;&>\n]*)/g;
const FLAG = /(?<![\w-])--[a-z][a-z-]*/g;
/** Languages of blocks that may contain command lines. */
const COMMANDS = new Set(["sh", "console", "text", "ini", ""]);

/**
 * Every flag that a document mentions in command lines of this program, in code, in tables and in sentences.
 *
 * @param names the names of all commands, such as `ctl purge`
 */
export function mentionedFlags(document: string, names: Iterable<string>): Mention[] {
  const commands = [...names].toSorted((a, b) => b.length - a.length);
  const prose = proseOf(document);
  const code = [...prose.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace(/\s+/g, " "));
  const blocks = blocksOf(document).filter(({ language }) => COMMANDS.has(language));
  const lines = [...code, ...blocks.map(({ text }) => text.replaceAll("\\\n", " "))];
  return [
    ...lines.flatMap((text) =>
      [...text.matchAll(PROGRAM)].flatMap(([, call = ""]) => flagsOf(call, commands, "")),
    ),
    ...code.flatMap((text) => flagsOf(text, commands)),
    ...flagsIn(prose.replace(/`[^`]*`/g, "")).map((flag) => ({ flag })),
  ];
}

/** The flags of a command line without the program's name; without a known command, they belong to `unknown`. */
function flagsOf(call: string, commands: readonly string[], unknown?: string): Mention[] {
  const command = commands.find((name) => call === name || call.startsWith(`${name} `)) ?? unknown;
  return flagsIn(withoutQuoted(call)).map((flag) => (command === undefined ? { flag } : { flag, command }));
}

function flagsIn(text: string): string[] {
  return text.match(FLAG) ?? [];
}

/** Removes quoted values, because a filter may be a command with flags of its own. */
function withoutQuoted(text: string): string {
  return text.replace(/'[^']*'|"[^"]*"/g, "''");
}
