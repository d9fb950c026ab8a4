/**
 * Writes docs/deferred-reference.md from the comments in src/deferred: every exported name, with what it does, what it
 * throws, an example and its source. With --check it writes nothing, and fails if that file is out of date. In either
 * case it fails if a name has no comment or no example, or is not mentioned in the guide, docs/deferred.md.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const REFERENCE = join(root, "docs/deferred-reference.md");
const GUIDE = join(root, "docs/deferred.md");

const ENTRIES = [
  { module: "mod.ts", specifier: "poetry-deferred" },
  { module: "testing.ts", specifier: "poetry-deferred/testing" },
];

/** The kinds of exported names, and what the reference calls them. */
const KINDS: Readonly<Record<string, string>> = {
  class: "class",
  "abstract class": "class",
  function: "function",
  const: "function",
  interface: "type",
  type: "type",
};

interface Documented {
  readonly name: string;
  readonly kind: string;
  /** Relative to the root. */
  readonly source: string;
  readonly comment: Comment;
  /** The members of a class. */
  readonly members: readonly { name: string; comment: Comment }[];
}

interface Comment {
  readonly text: string;
  readonly tags: readonly { tag: string; text: string }[];
}

function parseComment(raw: string): Comment {
  const lines = raw
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const [text = "", ...tags] = lines.join("\n").split(/^@/m);
  return {
    text: text.trim(),
    tags: tags.map((tag) => {
      const [word = ""] = tag.split(/\s/, 1);
      return { tag: word, text: tag.slice(word.length).trim() };
    }),
  };
}

const COMMENT = String.raw`(?<comment>\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n`;

/** The names that an entry exports, each with its file. */
async function exportsOf(module: string): Promise<{ name: string; file: string }[]> {
  const text = await Bun.file(join(root, "src/deferred", module)).text();
  const found: { name: string; file: string }[] = [];
  for (const [, names = "", from = ""] of text.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g))
    for (const name of names.split(",").map((each) => each.trim().replace(/^type /, "")))
      if (name) found.push({ name, file: join("src/deferred", from) });
  for (const [, name = ""] of text.matchAll(/^export function (\w+)/gm))
    if (!found.some((each) => each.name === name)) found.push({ name, file: join("src/deferred", module) });
  return found;
}

async function document({ name, file }: { name: string; file: string }): Promise<Documented> {
  const text = await Bun.file(join(root, file)).text();
  const pattern = new RegExp(
    `${COMMENT}export (?<kind>(?:abstract )?(?:class|function|const|interface|type)) ${name}\\b`,
  );
  const match = pattern.exec(text);
  if (!match?.groups) throw new Error(`${file}: ${name} has no comment`);
  const { comment = "", kind = "" } = match.groups;
  return {
    name,
    kind: KINDS[kind] ?? kind,
    source: file,
    comment: parseComment(comment),
    members: kind.endsWith("class") ? await membersOf(name, file) : [],
  };
}

/** The text of a class, up to the first line that consists of its closing brace. */
function bodyAfter(text: string, start: number): string {
  return text.slice(start, text.indexOf("\n}\n", start));
}

/** The public members of a class that have a comment, in order, each once; then those of the class that it extends. */
async function membersOf(name: string, file: string): Promise<{ name: string; comment: Comment }[]> {
  const text = await Bun.file(join(root, file)).text();
  const head = new RegExp(
    `^(?:export )?(?:abstract )?class ${name}\\b[^{]*?(?:extends (?<base>\\w+)[^{]*)?\\{`,
    "m",
  ).exec(text);
  if (!head) return []; // One of the language's own, such as Error.
  const members = ownMembers(bodyAfter(text, head.index));
  const base = head.groups?.["base"];
  if (!base) return members;
  const from = new RegExp(`^import [^;]*\\b${base}\\b[^;]* from "(?<path>\\.[^"]+)";`, "m").exec(text)
    ?.groups?.["path"];
  const inherited = await membersOf(base, from ? join(file, "..", from) : file);
  return [...members, ...inherited.filter((each) => !members.some((own) => own.name === each.name))];
}

/** What the pattern takes for the name of a member that is not public. */
const HIDDEN = /^(?:#.*|protected|private|declare|constructor)$/;

function ownMembers(body: string): { name: string; comment: Comment }[] {
  const pattern = new RegExp(
    `\\n  ${COMMENT}  (?:// .*\\n  )?(?:static |async |override |readonly |get |set |\\*)*(?<member>#?[a-z]\\w*|\\[[\\w.]+\\])`,
    "g",
  );
  const members: { name: string; comment: Comment }[] = [];
  for (const { groups } of body.matchAll(pattern)) {
    const { comment = "", member = "" } = groups ?? {};
    if (comment.includes("@internal") || HIDDEN.test(member)) continue;
    if (!members.some((each) => each.name === member))
      members.push({ name: member.replace("DISPOSE", "Symbol.dispose"), comment: parseComment(comment) });
  }
  return members;
}

/** Joins the lines of a comment into a paragraph. */
function flow(text: string): string {
  return text.replace(/([^\n])\n(?=[^\n])/g, "$1 ");
}

function sectionOf({ name, kind, source, comment, members }: Documented): string {
  const examples = comment.tags.filter(({ tag }) => tag === "example");
  const facts = comment.tags
    .filter(({ tag }) => tag !== "example")
    .map(({ tag, text }) => `- ${factOf(tag, flow(text))}`);
  const listed = members.map(
    (member) =>
      `- \`${member.name}\`: ${flow(member.comment.text).replace(/\.$/, "")}${restOf(member.comment)}.`,
  );
  return [
    `## ${name}`,
    `${kind[0]!.toUpperCase()}${kind.slice(1)}, [${source}](../${source}). ${flow(comment.text)}`,
    facts.join("\n"),
    listed.join("\n"),
    ...examples.map(({ text }) => `\`\`\`ts\n${text}\n\`\`\``),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function factOf(tag: string, text: string): string {
  if (tag === "throws") return `Throws ${text.replace(/^\{(\w+)\}/, "`$1`")}`;
  if (tag === "returns") return `Returns ${text}`;
  if (tag === "param") return text.replace(/^(\w+) /, "`$1`: ");
  return `${tag}: ${text}`;
}

/** The parameters of a member, and what it throws. */
function restOf({ tags }: Comment): string {
  const textsOf = (tag: string): string[] =>
    tags.filter((each) => each.tag === tag).map(({ text }) => flow(text));
  const parameters = textsOf("param").map((text) => text.replace(/^(\w+) /, ". `$1` "));
  const thrown = textsOf("throws").map((text) => text.replace(/^\{(\w+)\}/, "`$1`"));
  return parameters.join("") + (thrown.length > 0 ? `. Throws ${thrown.join("; ")}` : "");
}

/** Formats it like `bun fmt`, including examples. */
async function formatted(markdown: string): Promise<string> {
  const path = REFERENCE.replace(".md", ".made.md");
  try {
    await Bun.write(path, markdown);
    const { success, stderr } = Bun.spawnSync([process.execPath, "fmt", path], {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
    });
    if (!success) throw new Error(`Cannot format the reference: ${stderr.toString()}`);
    return await Bun.file(path).text();
  } finally {
    await rm(path, { force: true });
  }
}

const guide = await Bun.file(GUIDE).text();
const parts: string[] = [];
const faults: string[] = [];
for (const { module, specifier } of ENTRIES) {
  const names = await exportsOf(module);
  const documented = await Promise.all(names.map(document));
  for (const { name, source, comment } of documented) {
    if (comment.text === "") faults.push(`${source}: ${name} has no comment`);
    if (!comment.tags.some(({ tag }) => tag === "example")) faults.push(`${source}: ${name} has no @example`);
    if (!new RegExp(`\\b${name}\\b`).test(guide)) faults.push(`docs/deferred.md does not mention ${name}`);
  }
  parts.push(`# ${specifier}`, ...documented.toSorted((a, b) => a.name.localeCompare(b.name)).map(sectionOf));
}
const text = `<!-- Made by scripts/deferred-reference.ts from the comments in src/deferred. -->

Every name that can be imported. [deferred.md](deferred.md) is the guide. Times are in milliseconds throughout.

${parts.join("\n\n")}
`;
const made = await formatted(text);
if (!process.argv.includes("--check")) await Bun.write(REFERENCE, made);
else if ((await Bun.file(REFERENCE).text()) !== made)
  faults.push("docs/deferred-reference.md is not up to date: bun scripts/deferred-reference.ts");
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
