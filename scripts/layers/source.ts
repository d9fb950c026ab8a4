import { analyze } from "@typescript-eslint/scope-manager";
import { dirname, join } from "node:path/posix";
import { parseSync, visitorKeys } from "oxc-parser";
import { Globals, isNode, type Node } from "./globals.ts";

/** A module that a file refers to. */
export interface Import {
  /** A file of src, or a package. */
  readonly target: string;
  /** Whether it is erased at run time: `import type`, `export type`, `import("…").T`. */
  readonly onlyTypes: boolean;
  readonly line: number;
}

/** A global that a file uses. */
export interface Touch {
  /** `fetch`, `Bun.listen`, `process.env`. */
  readonly target: string;
  readonly line: number;
}

/** A parsed file of src. */
export interface Source {
  /** Relative to src. */
  readonly path: string;
  readonly lines: number;
  /** Lines with a comment on them. */
  readonly commentLines: number;
  /** The text of all comments. */
  readonly comments: string;
  readonly imports: readonly Import[];
  readonly touches: readonly Touch[];
}

/** Reads a file of src. Throws if it is not TypeScript. */
export function readSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text, { astType: "ts", range: true });
  if (errors[0]) throw new SyntaxError(`Cannot read ${path}: ${errors[0].message}`);
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports: Import[] = [];
  const globals = new Globals();
  visit(program as unknown as Node, undefined, (node, parent) => {
    globals.see(node, parent);
    const named = moduleOf(node);
    if (named) imports.push({ ...named, target: resolved(path, named.target), line: lineOf(node.start) });
  });
  const scopes = analyze(program as unknown as Parameters<typeof analyze>[0], {
    sourceType: "module",
    lib: ["esnext"],
  });
  const touches = globals.touched(scopes).map(({ target, node }) => ({ target, line: lineOf(node.start) }));
  const commented = comments.flatMap(({ start, end }) => range(lineOf(start), lineOf(end)));
  return {
    path,
    lines: text.split("\n").length - 1,
    commentLines: new Set(commented).size,
    comments: comments.map(({ value }) => value).join("\n"),
    imports,
    touches,
  };
}

/** Calls `see` for a node and all its descendants. */
function visit(
  node: Node,
  parent: Node | undefined,
  see: (node: Node, parent: Node | undefined) => void,
): void {
  see(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    for (const child of [node[key]].flat()) if (isNode(child)) visit(child, node, see);
  }
}

/** The module that a node imports or exports from. */
function moduleOf(node: Node): Omit<Import, "line"> | undefined {
  switch (node.type) {
    case "ImportDeclaration":
      return { target: literal(node.source), onlyTypes: node.importKind === "type" };
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return isNode(node.source)
        ? { target: literal(node.source), onlyTypes: node.exportKind === "type" }
        : undefined;
    case "ImportExpression":
      return { target: literal(node.source), onlyTypes: false };
    case "TSImportType":
      return { target: literal(node.source), onlyTypes: true };
    case "TSExternalModuleReference":
      return { target: literal(node.expression), onlyTypes: false };
    default:
      return undefined;
  }
}

function literal(node: unknown): string {
  return isNode(node) && typeof node.value === "string" ? node.value : "import() of something computed";
}

/** `specifier` as seen from src. */
function resolved(path: string, specifier: string): string {
  return specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
