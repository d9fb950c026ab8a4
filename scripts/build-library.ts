/**
 * Builds dist/deferred: the package poetry-deferred, ready for `npm pack`. It contains src/deferred/, with what that
 * needs of src/time/, as JavaScript with types (lib/), the sources that the source maps refer to (src/), the guide and
 * the examples; those of the tutorial also as JavaScript.
 */
import { Glob } from "bun";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import pkg from "../package.json" with { type: "json" };

const root = join(import.meta.dirname, "..");
const out = join(root, "dist/deferred");

const ENTRIES = { ".": "mod", "./testing": "testing" };

/** Copied unchanged to the same place in the package, because the guide links to them. */
const DOCUMENTS = [
  "docs/deferred*.md",
  "docs/decisions/01*.md",
  "examples/README.md",
  "examples/deferred/*",
  "examples/tutorial/*",
  "LICENSE",
];

/** The package's own package.json. */
function manifest(): object {
  const { version, license, repository } = pkg;
  const targets = Object.entries(ENTRIES).map(([entry, module]) => [
    entry,
    { types: `./lib/deferred/${module}.d.ts`, default: `./lib/deferred/${module}.js` },
  ]);
  return {
    name: "poetry-deferred",
    version,
    description:
      "Twisted's Deferred for TypeScript: answers now or later, with cancel, timeout, pause, locks, queues and tests without await",
    keywords: [
      "deferred",
      "promise",
      "async",
      "twisted",
      "cancel",
      "cancellation",
      "timeout",
      "retry",
      "semaphore",
      "mutex",
      "queue",
      "single-flight",
      "abortsignal",
      "testing",
      "typescript",
    ],
    license,
    author: "The poetry authors",
    homepage: `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/docs/deferred.md`,
    bugs: `${repository.url.replace(/^git\+|\.git$/g, "")}/issues`,
    repository: { ...repository, directory: "src/deferred" },
    type: "module",
    sideEffects: false,
    // require() of an ES module came with 20.19.
    engines: { node: ">=20.19" },
    main: "./lib/deferred/mod.js",
    types: "./lib/deferred/mod.d.ts",
    exports: { ...Object.fromEntries(targets), "./package.json": "./package.json" },
    files: ["lib", "src", "docs", "examples", "testing"],
  };
}

/** The files that make up `entries`: everything that they import, directly or indirectly. */
async function sourcesOf(entries: readonly string[]): Promise<Set<string>> {
  const found = new Set(entries);
  for (const path of found) {
    for (const { path: imported } of new Bun.Transpiler({ loader: "ts" }).scanImports(await readFile(path)))
      if (imported.startsWith(".")) found.add(join(dirname(path), imported));
    for (const [, typed] of (await readFile(path)).matchAll(/^(?:import|export) .*from "(\.[^"]+)";$/gm))
      found.add(join(dirname(path), typed as string));
  }
  return found;
}

function readFile(path: string): Promise<string> {
  return Bun.file(path).text();
}

/** For resolvers that do not support "exports": the folder testing/ stands in for the entry ./testing. */
async function writeOldEntry(): Promise<void> {
  const entry = { type: "module", main: "../lib/deferred/testing.js", types: "../lib/deferred/testing.d.ts" };
  await writeJson(join(out, "testing/package.json"), entry);
}

async function writeJson(path: string, content: object): Promise<void> {
  await Bun.write(path, `${JSON.stringify(content, undefined, 2)}\n`);
}

function compile(project: string): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { success, stdout, stderr } = Bun.spawnSync([process.execPath, tsc, "--project", project], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (success) return;
  console.error(stdout.toString(), stderr.toString());
  process.exit(1);
}

/** Names that only this library uses. Those of fields are shortened here, because bundlers cannot do that. */
const INTERNAL = /\b_[a-z]\w+/gi;

const shortened = new Map<string, string>();

/** An underscore and a letter or two, the same for every occurrence of a name. */
function shorten(name: string): string {
  const known = shortened.get(name) ?? `_${(shortened.size + 10).toString(36)}`;
  shortened.set(name, known);
  return known;
}

/**
 * Makes declarations refer to .js files, which every resolver knows, shortens internal names, and marks sources for
 * debuggers to skip.
 */
async function finish(): Promise<void> {
  for await (const name of new Glob("**/*.{d.ts,js,js.map}").scan(join(out, "lib"))) {
    const path = join(out, "lib", name);
    const text = await readFile(path);
    if (name.endsWith(".d.ts")) await Bun.write(path, text.replace(/(from\s*"\.[^"]+)\.ts"/g, '$1.js"'));
    else if (name.endsWith(".js")) await Bun.write(path, text.replace(INTERNAL, shorten));
    else await Bun.write(path, text.replace(/^\{/, '{"ignoreList":[0],"x_google_ignoreList":[0],'));
  }
}

rmSync(out, { recursive: true, force: true });
for (const path of await sourcesOf(
  Object.values(ENTRIES).map((entry) => join(root, `src/deferred/${entry}.ts`)),
)) {
  const copy = join(out, relative(root, path));
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(path, copy);
}
compile("tsconfig.lib.json");
await finish();
for (const pattern of DOCUMENTS)
  for await (const name of new Glob(pattern).scan(root)) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    cpSync(join(root, name), join(out, name));
  }
const readme = await readFile(join(root, "src/deferred/README.md"));
await Bun.write(join(out, "README.md"), readme.replaceAll("](../../", "](")); // In the package it is at the top.
await writeJson(join(out, "package.json"), manifest());
await writeOldEntry();
compile("tsconfig.tutorial.json"); // Last: the programs import the package.
console.error(`Built dist/deferred, poetry-deferred ${pkg.version}`);
