import { describe, expect } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { findPeer, testWith } from "./peer.ts";

const ROOT = join(import.meta.dirname, "../../");
const node = findPeer("Node", ["node", "--version"], (text) => /^v(2\d|[3-9]\d)\./.test(text));

/** A program whose package.json knows nothing but that it is a module, with the packed library installed. */
async function consumer(program: string): Promise<TempDir> {
  const dir = new TempDir();
  const packed = await succeed(["npm", "pack", "--json", "--pack-destination", dir.path], ROOT);
  const [{ filename }] = JSON.parse(packed.slice(packed.indexOf("["))) as [{ filename: string }];
  const installed = join(dir.path, "node_modules/poetry-proxy");
  await mkdir(installed, { recursive: true });
  await succeed(["tar", "xzf", filename, "--strip-components=1", "-C", installed], dir.path);
  await dir.write("package.json", '{ "type": "module" }');
  await dir.write("program.ts", program);
  return dir;
}

/** What a command prints; fails with all it said if it does. */
async function succeed(command: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, { cwd });
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout.toString()}${stderr}`);
  return stdout.toString();
}

describe("poetry-proxy/deferred", () => {
  testWith(
    node,
    "runs in Node, and its types hold in a strict project that has no other packages",
    async () => {
      await using dir = await consumer(`
      import { Deferred, gatherResults, inlineCallbacks, succeed } from "poetry-proxy/deferred";
      const later = new Deferred<string>();
      const both = inlineCallbacks(function* (poem: Deferred<string>) {
        const [text, more]: [string, number] = yield* gatherResults([poem, succeed(1)]);
        return text.length + more;
      })(later);
      const length: Deferred<number> = both.addErrback((failure) => failure.trap(RangeError) && 0);
      length.addCallback((value) => (globalThis as { console?: { log(line: string): void } }).console?.log("length " + value));
      later.callback("ecstasy");
    `);
      const strict = [
        "--strict",
        "--exactOptionalPropertyTypes",
        "--noUncheckedIndexedAccess",
        "--isolatedModules",
      ];
      const options = [...strict, "--skipLibCheck", "false", "--types", "", "--lib", "esnext,dom"];
      const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
      await succeed(
        ["node", compiler, ...options, "--module", "nodenext", "--target", "es2022", "program.ts"],
        dir.path,
      );
      expect(await succeed(["node", "program.js"], dir.path)).toBe("length 8\n");
    },
  );
});
