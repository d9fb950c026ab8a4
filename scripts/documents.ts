/**
 * The parts of documents that tests can check: blocks of commands, links, headings and flags.
 *
 * A block of `sh` is run as it is. A block of `console` is run as well, and the output of its commands is compared with
 * the output that it shows. A comment before a block has instructions that readers need not see:
 *
 *     <!-- not run: REASON -->     it cannot be run here
 *     <!-- first: COMMANDS -->     commands to run first, such as a stand-in for a server on the Internet
 *     <!-- needs: PROGRAMS -->     it is not run without these; packages that it installs need not be listed
 *     <!-- goes on -->             whatever the previous block started is still running
 */

/** A fenced block. */
export interface Block {
  /** The line number of its opening fence. */
  readonly line: number;
  /** `sh`, `console`, `toml` …; "" if the fence names none. */
  readonly language: string;
  readonly text: string;
  /** Why it is not run. */
  readonly notRun?: string;
  /** Commands to run before it. */
  readonly first?: string;
  /** Programs without which it cannot be run. */
  readonly needs: readonly string[];
  readonly goesOn: boolean;
}

/** A command in a console block, and the lines that it prints. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

const FENCE = /^( *)(`{3,})\s*([\w-]*)\s*$/;
const COMMENT = /<!--\s*(not run|first|needs|goes on)(?::\s*(.*?))?\s*-->/gs;

export function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  const lines = document.split("\n");
  let between: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", ticks = "", language = ""] = FENCE.exec(lines[at] as string) ?? [];
    if (ticks === "") {
      between.push(lines[at] as string);
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && line.trim() === ticks);
    if (end === -1) throw new Error(`The block in line ${at + 1} has no end`);
    const body = lines.slice(at + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ line: at + 1, language, text: body.join("\n"), ...marksOf(between) });
    between = [];
    at = end;
  }
  return blocks;
}

/** The instructions in comments directly before a block. */
function marksOf(before: readonly string[]): Pick<Block, "notRun" | "first" | "needs" | "goesOn"> {
  const text = before.join("\n").replace(/\s+$/, "");
  const [last = ""] = /(<!--(?:(?!-->)[^])*-->\s*)+$/.exec(text) ?? [];
  const marks = new Map([...last.matchAll(COMMENT)].map(([, word = "", said = ""]) => [word, said]));
  const [notRun, first] = [marks.get("not run"), marks.get("first")];
  return {
    ...(notRun !== undefined && { notRun }),
    ...(first !== undefined && { first }),
    needs: marks.get("needs")?.split(/\s+/) ?? [],
    goesOn: marks.has("goes on"),
  };
}

/** The commands of a `console` block: each begins with "$ " and may continue on lines that begin with "> ". */
export function shownIn(text: string): Shown[] {
  const shown: { command: string; output: string[] }[] = [];
  for (const line of text.split("\n")) {
    const last = shown.at(-1);
    if (line.startsWith("$ ")) shown.push({ command: line.slice(2), output: [] });
    else if (!last) throw new Error(`A console begins with a command, not with "${line}"`);
    else if (/^> ?/.test(line) && last.output.length === 0) last.command += `\n${line.replace(/^> ?/, "")}`;
    else last.output.push(line);
  }
  return shown;
}

/** A document without its blocks and comments. */
export function proseOf(document: string): string {
  return document.replace(/^( *)(`{3,})[^]*?^ *\2 *$/gm, "").replace(/<!--[^]*?-->/g, "");
}

/** The targets of all links and images. */
export function linksIn(document: string): string[] {
  const prose = proseOf(document).replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...references].map(([, target = ""]) => target);
}

/** The anchors that links may end in, as GitHub derives them from headings. */
export function anchorsIn(document: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of proseOf(document).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const name = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    let unique = name;
    for (let count = 1; anchors.has(unique); count++) unique = `${name}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}
