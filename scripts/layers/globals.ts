import type { Reference, ScopeManager, Variable } from "@typescript-eslint/scope-manager";

/** A node of the syntax tree. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Values of the language, which every room may use. `Date`, `eval` and `Function` are omitted on purpose. */
const LANGUAGE = new Set(
  `undefined NaN Infinity Object Array Number Boolean String Symbol BigInt Math JSON Intl RegExp Promise Proxy Reflect
   Iterator Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer Atomics DataView
   Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array
   BigInt64Array BigUint64Array Error AggregateError SuppressedError EvalError RangeError ReferenceError SyntaxError
   TypeError URIError DisposableStack AsyncDisposableStack decodeURI decodeURIComponent encodeURI encodeURIComponent
   isFinite isNaN parseFloat parseInt`.split(/\s+/),
);

/** Names of the global object, whose members are globals. */
const GLOBAL_OBJECT = new Set(["globalThis", "global", "self", "window"]);
/** Globals that are checked member by member; for the others the name suffices. */
const BY_MEMBER = new Set(["AbortSignal", "Bun", "NodeJS", "console", "import.meta", "process"]);
/** Nodes around an expression that do not change its value. */
const WRAPPERS = new Set([
  "ChainExpression",
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);
/** Declarations without a value: `declare const fetch` would disguise a global as a name of the file. */
const AMBIENT = new Set([
  "ClassDeclaration",
  "TSDeclareFunction",
  "TSModuleDeclaration",
  "VariableDeclaration",
]);

/** Nodes that name a module. */
const BY_MODULE = new Set([
  "ExportAllDeclaration",
  "ExportNamedDeclaration",
  "ImportDeclaration",
  "ImportExpression",
]);

/** Finds the globals that a file uses, however it accesses them. */
export class Globals {
  readonly #parents = new Map<Node, Node>();
  readonly #touches: { target: string; node: Node }[] = [];

  /** Must be called for every node, with its parent. */
  see(node: Node, parent: Node | undefined): void {
    if (parent) this.#parents.set(node, parent);
    if (node.declare === true && AMBIENT.has(node.type) && !addsOnlyTypes(node))
      this.#touches.push({ target: "declare", node });
    if (BY_MODULE.has(node.type)) this.#seeModule(node);
  }

  /** The globals that were found. Must be called after every node has been seen. */
  touched(scopes: ScopeManager): { target: string; node: Node }[] {
    for (const node of this.#parents.keys()) {
      if (node.type === "MetaProperty" && nameOf(node.meta) === "import") this.#note("import.meta", node);
    }
    const { through = [], variables = [] } = scopes.globalScope ?? {};
    for (const { identifier } of [...through, ...variables.flatMap(valuesOf)]) {
      this.#note(identifier.name, identifier as unknown as Node);
    }
    return this.#touches;
  }

  /** The module "bun" is the global `Bun`: `import { spawn } from "bun"` is `Bun.spawn`. */
  #seeModule(node: Node): void {
    if (!isNode(node.source) || textOf(node.source) !== "bun") return;
    if ([node.importKind, node.exportKind].includes("type")) return;
    const specifiers = node.type === "ImportDeclaration" ? (node.specifiers as Node[]) : [node];
    for (const specifier of specifiers) {
      if (specifier.importKind === "type") continue;
      const name = specifier.type === "ImportSpecifier" ? nameOf(specifier.imported) : undefined;
      this.#touches.push({ target: name === undefined ? "Bun" : `Bun.${name}`, node: specifier });
    }
  }

  /** Records the members that are read from the global at `node`. */
  #note(name: string, node: Node): void {
    for (const path of this.#pathsFrom([name], node)) {
      const start = GLOBAL_OBJECT.has(path[0] as string) && path.length > 1 ? 1 : 0;
      const [first = "", second] = path.slice(start);
      if (LANGUAGE.has(first)) continue;
      const isWhole = second === undefined || !BY_MEMBER.has(first);
      this.#touches.push({ target: isWhole ? first : `${first}.${second}`, node });
    }
  }

  /** The paths that are read from the value at `node`, whose own path is `path`: `a.b`, `a["b"]`, `const { b } = a`. */
  #pathsFrom(path: readonly string[], node: Node): (readonly string[])[] {
    const parent = this.#parents.get(node);
    if (!parent) return [path];
    if (WRAPPERS.has(parent.type)) return this.#pathsFrom(path, parent);
    if (parent.type === "MemberExpression" && parent.object === node) {
      const name = memberName(parent.property, parent.computed);
      return name === undefined ? [path] : this.#pathsFrom([...path, name], parent);
    }
    if (parent.type === "TSQualifiedName" && parent.left === node) {
      return this.#pathsFrom([...path, nameOf(parent.right) ?? ""], parent);
    }
    const pattern = patternFor(node, parent);
    return pattern ? destructured(path, pattern) : [path];
  }
}

/** Whether it is a `declare global` of interfaces only, which hides no value. */
function addsOnlyTypes({ kind, body }: Node): boolean {
  const statements = isNode(body) ? (body.body as Node[]) : [];
  return kind === "global" && statements.every(({ type }) => type === "TSInterfaceDeclaration");
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/**
 * Where the value of a name is read that the types of the language declare: not every room may use all of them
 * (`Date`).
 */
function valuesOf(variable: Variable): Reference[] {
  return variable.defs.length > 0 ? [] : variable.references.filter((each) => each.isValueReference);
}

/** The pattern that destructures the value at `node`. */
function patternFor(node: Node, parent: Node): Node | undefined {
  const [target, value] =
    parent.type === "VariableDeclarator" ? [parent.id, parent.init] : [parent.left, parent.right];
  const pattern = value === node ? (target as Node | undefined) : undefined;
  return pattern?.type === "ObjectPattern" ? pattern : undefined;
}

/** The paths that an object pattern reads from the object at `path`. */
function destructured(path: readonly string[], pattern: Node): (readonly string[])[] {
  return (pattern.properties as Node[]).flatMap((property) => {
    const name = property.type === "Property" ? memberName(property.key, property.computed) : undefined;
    if (name === undefined) return [path]; // `...rest` or a computed name: it may be any member.
    const value = property.value as Node;
    const inner = value.type === "AssignmentPattern" ? (value.left as Node) : value;
    return inner.type === "ObjectPattern" ? destructured([...path, name], inner) : [[...path, name]];
  });
}

/** The name of a member or key; `undefined` if it is computed. */
function memberName(key: unknown, isComputed: unknown): string | undefined {
  return isComputed === true ? textOf(key) : (nameOf(key) ?? textOf(key));
}

function nameOf(node: unknown): string | undefined {
  const { name } = node as { name?: unknown };
  return typeof name === "string" ? name : undefined;
}

function textOf(node: unknown): string | undefined {
  const { value } = node as { value?: unknown };
  return typeof value === "string" ? value : undefined;
}
