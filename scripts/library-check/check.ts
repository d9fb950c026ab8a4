/**
 * Tests dist/deferred the way its users install it: packed, in separate projects, with TypeScript 5.0 to 7, Node, Bun,
 * esbuild, rollup and a browser-like environment. Fails at the first broken promise.
 *
 * The tools come from the npm registry, in the versions of the bun.lock in this folder.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createContext, runInContext } from "node:vm";

const here = import.meta.dirname;
const root = join(here, "../..");
const library = join(root, "dist/deferred");
const tools = join(here, "node_modules");
const programs = join(here, "programs");

/** The size limit of each program, minified (esbuild) and compressed (gzip -9), in bytes. */
const SIZES: Readonly<Record<string, { source: string; limit: number }>> = {
  "Deferred and succeed": {
    source: 'import { Deferred, succeed } from "poetry-deferred"; console.log(Deferred, succeed);',
    limit: 4500,
  },
  everything: { source: 'export * from "poetry-deferred";', limit: 8000 },
  "one error class": {
    source: 'import { CancelledError } from "poetry-deferred"; console.log(CancelledError);',
    limit: 400,
  },
};

const RUN_OUTPUT = `length 8 left with the clock 0
adopted POEM
cause no time
won by 1 first
in the lock true after it false
shown <Deferred idle, 0 links run, result 1>
left in the source <Deferred unfired, 0 links run>
context request 1
in debug mode The result of a Deferred has gone to another one: this link gets undefined true
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: readonly string[], cwd: string): Promise<Ended> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Runs a command that must succeed; returns its output. */
async function succeed(command: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, cwd);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

function expect(what: string, isTrue: boolean, otherwise: unknown): void {
  if (!isTrue) throw new Error(`${what}: ${String(otherwise)}`);
}

/** A project with the packed library and the programs. */
async function newProject(dir: string): Promise<string> {
  const packed = JSON.parse(await succeed(["npm", "pack", "--json", "--pack-destination", dir], library)) as [
    { filename: string },
  ];
  const tarball = join(dir, packed[0].filename);
  const installed = join(dir, "node_modules/poetry-deferred");
  await mkdir(installed, { recursive: true });
  await succeed(["tar", "xzf", tarball, "--strip-components=1", "-C", installed], dir);
  for (const name of await readdir(programs))
    await Bun.write(join(dir, name), Bun.file(join(programs, name)));
  await writeFile(join(dir, "package.json"), '{ "type": "module" }');
  return tarball;
}

const MODES: readonly { name: string; from?: number; to?: number; options: object }[] = [
  { name: "NodeNext", options: { module: "NodeNext", moduleResolution: "NodeNext" } },
  { name: "Node16", options: { module: "Node16", moduleResolution: "Node16" } },
  { name: "Bundler", options: { module: "ESNext", moduleResolution: "Bundler" } },
  {
    name: 'Bundler with customConditions ["bun"]',
    options: { module: "ESNext", moduleResolution: "Bundler", customConditions: ["bun"] },
  },
  { name: "node10", to: 5.9, options: { module: "ES2022", moduleResolution: "node10" } },
];

async function checkTypes(dir: string): Promise<void> {
  const compilers = (await readdir(tools)).filter((name) => name.startsWith("typescript-")).toSorted();
  const pending = compilers.flatMap((compiler) => {
    const version = Number(compiler.slice("typescript-".length));
    return MODES.filter(({ to = Infinity }) => version <= to).map((mode) => ({ compiler, ...mode }));
  });
  const work = async (): Promise<void> => {
    for (let next = pending.shift(); next; next = pending.shift()) {
      const { compiler, name, options } = next;
      const config = join(dir, `${compiler} ${name.replace(/\W+/g, "-")}.json`);
      const compilerOptions = {
        ...options,
        target: "ES2022",
        lib: ["ES2022"],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
      };
      await writeFile(config, JSON.stringify({ compilerOptions, files: ["types.ts"] }));
      await succeed(["node", join(tools, compiler, "bin/tsc"), "--project", config], dir);
    }
  };
  await Promise.all([work(), work()]); // For two cores.
}

async function checkRunning(dir: string): Promise<void> {
  for (const runtime of ["node", process.execPath]) {
    const printed = await succeed([runtime, "run.mjs"], dir);
    expect(`${runtime} run.mjs`, printed === RUN_OUTPUT, printed);
    expect(`${runtime} run.cjs`, (await succeed([runtime, "run.cjs"], dir)) === "required 4\n", "");
    for (const program of ["lost.mjs", "exits.mjs"]) {
      const { code, stdout, stderr } = await run([runtime, program], dir);
      const isTold = code === 1 && stdout === "" && stderr.includes("RangeError: lost");
      expect(`${runtime} ${program}`, isTold, `${code} ${stdout} ${stderr}`);
    }
    const growth = await succeed([runtime, "waiters.mjs"], dir);
    expect(`${runtime} waiters.mjs`, growth === "linear\n", growth);
  }
}

async function checkBundling(dir: string): Promise<void> {
  for (const [name, { source, limit }] of Object.entries(SIZES)) {
    await writeFile(join(dir, "sized.js"), source);
    const minified = await bundle(dir, "sized.js", ["--minify", "--format=esm", "--target=es2022"]);
    const size = gzipSync(minified, { level: 9 }).length;
    console.log(`${name}: ${minified.length} bytes, ${size} compressed (at most ${limit})`);
    expect(`The size of ${name}`, size <= limit, size);
  }
  await bundle(dir, "run.mjs", ["--format=esm", "--target=es2022", "--external:node:*"]);
  await writeFile(
    join(dir, "entry.mjs"),
    'export * from "./node_modules/poetry-deferred/lib/deferred/mod.js";',
  );
  const rollup = ["node", join(tools, "rollup/dist/bin/rollup"), "entry.mjs", "--format", "es"];
  const { code, stderr } = await run([...rollup, "--file", "rolled.mjs"], dir);
  expect("rollup", code === 0 && !/warn|circular/i.test(stderr), stderr);
}

/** A program bundled by esbuild, which must not print a warning. */
async function bundle(dir: string, entry: string, options: readonly string[]): Promise<string> {
  const esbuild = [join(tools, "esbuild/bin/esbuild"), entry, "--bundle", "--log-level=warning", ...options];
  const { code, stdout, stderr } = await run(esbuild, dir);
  expect(`esbuild ${entry}`, code === 0 && stderr === "", stderr);
  return stdout;
}

/** The library must run with timers, a clock and error reporting alone. */
async function checkPage(dir: string): Promise<void> {
  const script = await bundle(dir, "page.js", ["--format=iife", "--target=es2022"]);
  const told: Record<string, unknown> = {};
  const reported = new Promise<unknown>((resolve) => {
    const page = createContext({
      setTimeout,
      clearTimeout,
      performance,
      AbortController,
      reportError: resolve,
      report: (what: string, value: unknown) => void (told[what] = value),
    });
    runInContext(script, page);
  });
  expect("reportError", String(await reported) === "RangeError: lost", await reported);
  const right = { now: 4, cancelled: "cancelled", later: true };
  expect("A page", JSON.stringify(told) === JSON.stringify(right), JSON.stringify(told));
}

/** Checks that every file which a source map or link in the package refers to is in the package. */
async function checkContents(dir: string): Promise<void> {
  const installed = join(dir, "node_modules/poetry-deferred");
  for await (const name of new Bun.Glob("**/*.{map,md}").scan(installed)) {
    const path = join(installed, name);
    const text = await Bun.file(path).text();
    const targets = name.endsWith(".map")
      ? (JSON.parse(text) as { sources: string[] }).sources
      : Array.from(text.matchAll(/\]\((?!https?:|#)([^)#]+)/g), ([, target]) => target as string);
    for (const target of targets) {
      const lies = join(path, "..", target);
      const isThere = (await Bun.file(lies).exists()) || (await readdir(lies).catch(() => [])).length > 0;
      expect(`${name} leads to ${target}`, isThere, "which is not in the package");
    }
  }
}

const dir = await mkdtemp(join(tmpdir(), "poetry-library-"));
try {
  await succeed([process.execPath, "install", "--frozen-lockfile"], here);
  const tarball = await newProject(dir);
  await succeed(
    [
      "node",
      join(tools, "@arethetypeswrong/cli/dist/index.js"),
      tarball,
      "--ignore-rules",
      "cjs-resolves-to-esm",
    ],
    dir,
  );
  await succeed(["node", join(tools, "publint/src/cli.js"), library, "--strict"], dir);
  await checkContents(dir);
  await checkBundling(dir);
  await checkPage(dir);
  await checkRunning(dir);
  await checkTypes(dir);
  console.log("poetry-deferred installs, compiles, bundles and runs everywhere it was tried.");
} finally {
  await rm(dir, { recursive: true, force: true });
}
