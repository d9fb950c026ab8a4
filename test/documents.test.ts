import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, type Block } from "../scripts/documents.ts";
import { allOf, findPeer, testWith, type Peer } from "./peers/peer.ts";
import { chainsOf, isRunnable, problemsOf } from "./support/run-blocks.ts";
import { machines } from "./support/machine.ts";

const ROOT = join(import.meta.dirname, "../");
const DOCS = readdirSync(`${ROOT}docs`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .toSorted();
const DOCUMENTS = ["README.md", ...DOCS.map((name) => `docs/${name}`)].map((file) => ({
  file,
  blocks: blocksOf(readFileSync(ROOT + file, "utf8")),
}));
/** Languages whose blocks are programs and files, not lines for a shell. */
const PROGRAMS = new Set(["ts", "toml", "ini", "mermaid", "promql"]);
const COMMAND = /^(\$ )?(poetry|poetry-proxy|curl|socat|systemctl|apt-get|bun|npx|npm|node) /m;

/** The packages that blocks install, and the programs that they need. */
function peersOf(blocks: readonly Block[]): Peer[] {
  const installed = blocks.flatMap(({ text }) => [...text.matchAll(/^apt-get install -y (.*)$/gm)]);
  return [
    ...installed
      .flatMap(([, names = ""]) => names.split(" "))
      .map((name) =>
        findPeer(
          `the package ${name}`,
          ["dpkg-query", "-W", "-f", "${db:Status-Status}", name],
          (text) => text === "installed",
        ),
      ),
    ...blocks.flatMap(({ needs }) => needs.map((name) => ({ name, isHere: Bun.which(name) !== null }))),
  ];
}

describe.each(DOCUMENTS)("$file", ({ file, blocks }) => {
  for (const chain of chainsOf(blocks))
    testWith(allOf(machines, ...peersOf(chain)), `${file}:${chain[0]?.line}: does what it says`, async () => {
      expect(await problemsOf(chain)).toEqual([]);
    });

  test("has no commands in blocks that are not run", () => {
    const hidden = blocks.filter(
      (block) => !isRunnable(block) && !PROGRAMS.has(block.language) && COMMAND.test(block.text),
    );
    expect(hidden.map(({ line, text }) => `${line}: ${text}`)).toEqual([]);
  });
});

test("few blocks are not run by a test, each for a reason", () => {
  const all = DOCUMENTS.flatMap(({ blocks }) => blocks.filter(isRunnable));
  const reasons = all.flatMap(({ notRun = [] }) => notRun);
  for (const reason of reasons) expect(reason).toMatch(/^\w.{10,}/s);
  const testsNamed = reasons.flatMap((reason) => /test\/[\w/.-]+\.test\.ts/.exec(reason)?.[0] ?? []);
  for (const path of testsNamed) expect(existsSync(ROOT + path)).toBe(true);
  expect(reasons.length - testsNamed.length).toBeLessThan(all.length / 8);
});

describe("the runner of blocks", () => {
  const wrong = "```console\n$ echo one\ntwo\n```\n";

  testWith(machines, "finds output that differs from the shown one", async () => {
    expect(await problemsOf(blocksOf(wrong))).toEqual(["echo one\nshown:\ntwo\nprinted:\none\n"]);
  });

  testWith(machines, "finds a failing command, even in the middle of a pipe", async () => {
    const [problem = ""] = await problemsOf(blocksOf("```sh\necho before\nfalse | cat\necho after\n```\n"));
    expect(problem).toStartWith("exit code 1 after\n");
    expect(problem).toEndWith("\nwhich printed\nbefore\n");
  });

  testWith(machines, "finds a service that does not start", async () => {
    const [problem = ""] = await problemsOf(blocksOf("```sh\npoetry serve nothing.txt --port 10001\n```\n"));
    expect(problem).toContain("Cannot serve nothing.txt: no such file");
  });

  testWith(machines, "starts afresh with each block that does not go on", async () => {
    const text =
      "```sh\ntouch new\n```\n\n<!-- goes on -->\n\n```sh\ntest -e new\n```\n\n```sh\ntest ! -e new\n```\n";
    const chains = chainsOf(blocksOf(text));
    expect(chains.map(({ length }) => length)).toEqual([2, 1]);
    for (const chain of chains) expect(await problemsOf(chain)).toEqual([]);
    expect(existsSync(`${ROOT}new`)).toBe(false);
  });
});
