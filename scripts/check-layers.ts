/**
 * Fails when a file reaches past its layer (docs/architecture.md): imports, types included, of a folder it may not use,
 * a package that belongs to another layer, or a part of the outside world that is another layer's alone.
 */
import { Glob } from "bun";
import { dirname, join, normalize } from "node:path";

/** The parts of src that each part may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  time: [],
  deferred: ["time"],
  net: ["deferred", "time", "services"],
  protocols: ["net", "deferred"],
  cache: ["deferred", "time"],
  services: ["protocols", "net", "cache", "deferred", "time"],
  observe: ["services", "protocols", "net", "time"],
  settings: ["services", "protocols", "net", "cache"],
  process: ["observe", "settings", "services", "net", "deferred", "time"],
  cli: [
    "process",
    "observe",
    "settings",
    "services",
    "protocols",
    "net",
    "deferred",
    "time",
    "../package.json",
  ],
};

/** The packages, and the parts that may import each. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  bun: ["net"],
  "bun:ffi": ["net"],
  "node:net": ["net"],
  "lru-cache": ["cache"],
  ms: ["services", "observe", "settings", "process", "cli"],
  "consola/core": ["observe"],
  citty: ["cli"],
  "fastest-levenshtein": ["settings"],
  "node:fs": ["net", "services", "process", "cli"],
  "node:fs/promises": ["services", "cli"],
  "node:path": ["services"],
  "node:os": ["process"],
  "node:tty": ["cli"],
  "node:util": ["cli"],
};

/** Parts of the outside world, and the only folder that may touch each. */
const ALONE: readonly (readonly [pattern: RegExp, owner: string])[] = [
  [/\bBun\.(listen|connect|dns)\b/, "net"],
  [/\bBun\.spawn/, "services"],
  [/\b(setTimeout|setInterval|setImmediate|performance|Date)\b/, "time"],
  [/\bprocess\.(argv|exit|exitCode|stdin|stdout)\b/, "cli"],
  [/\bprocess\.on\b/, "process"],
];

/** Everything wrong with one file; `path` is relative to src. */
export function violations(path: string, source: string): string[] {
  const layer = layerOf(path);
  const allowed = MAY_IMPORT[layer];
  if (!allowed) return [`${path}: "${layer}" is no layer; see docs/architecture.md`];
  const code = withoutComments(source);
  const imports = importsOf(code)
    .map((specifier) => (specifier.startsWith(".") ? resolve(path, specifier) : specifier))
    .filter((target) => target !== layer && !allowed.includes(target) && !PACKAGES[target]?.includes(layer))
    .map((target) => `${path}: ${layer} may not import ${target}`);
  const world = ALONE.filter(([pattern, owner]) => owner !== layer && pattern.test(code)).map(
    ([pattern, owner]) => `${path}: ${pattern.exec(code)?.[0]} belongs to ${owner}`,
  );
  return [...imports, ...world];
}

/** The first folder of a path below src, or the file itself if it lies in none. */
function layerOf(path: string): string {
  return path.split("/")[0] as string;
}

/** The layer a relative import leads to. */
function resolve(path: string, specifier: string): string {
  const target = normalize(join(dirname(path), specifier));
  return target.startsWith("..") ? target : layerOf(target);
}

/** Every module named by import, export … from and import(), types included. */
function importsOf(code: string): string[] {
  const named = code.matchAll(/\b(?:from|import(?:\s*\()?)\s*["']([^"']+)["']/g);
  return Array.from(named, (match) => match[1] as string);
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, "$1");
}

if (import.meta.main) {
  const src = join(import.meta.dirname, "../src");
  const found: string[] = [];
  for await (const path of new Glob("**/*.ts").scan(src)) {
    found.push(...violations(path, await Bun.file(join(src, path)).text()));
  }
  for (const violation of found.toSorted()) console.error(violation);
  if (found.length > 0) process.exit(1);
}
