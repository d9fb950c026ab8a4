import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, type Block } from "../scripts/documents.ts";
import { testWith } from "./peers/peer.ts";
import { runInSandbox, sandbox } from "./support/sandbox.ts";
import { ShownOutput } from "./support/shown-output.ts";
import { outputsOf, scriptOf, stepsOf } from "./support/terminal-script.ts";

const ROOT = join(import.meta.dirname, "../");
const DOCS = readdirSync(`${ROOT}docs`, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .toSorted();
const DOCUMENTS = ["README.md", ...DOCS.map((name) => `docs/${name}`)].map((file) => ({
  file,
  blocks: blocksOf(readFileSync(ROOT + file, "utf8")),
}));
const RUNNABLE = ["sh", "console"];
/** Longer than any block takes, even beside seven other tests. */
const SECONDS = 50;

/** Blocks that are run one after the other on the same machine. */
function chainsOf(blocks: readonly Block[]): Block[][] {
  const chains: Block[][] = [];
  for (const block of blocks.filter(
    ({ language, notRun }) => RUNNABLE.includes(language) && notRun === undefined,
  )) {
    if (block.goesOn) chains.at(-1)?.push(block);
    else chains.push([block]);
  }
  return chains;
}

/** Runs blocks; gives what went wrong. */
async function problemsOf(blocks: readonly Block[]): Promise<string[]> {
  const steps = stepsOf(blocks);
  const { code, output } = await runInSandbox(scriptOf(steps), SECONDS);
  const outputs = outputsOf(output);
  if (code !== 0 || outputs.length < steps.length) {
    const last = steps[outputs.length - 1]?.command;
    return [`exit code ${code} after\n${last}\nwhich printed\n${outputs.at(-1) ?? output}`];
  }
  const comparing = new ShownOutput();
  return steps.flatMap(({ command, shown }, index) => {
    const wrong = shown && comparing.compare(shown, outputs[index] as string);
    return wrong === undefined ? [] : [`${command}\n${wrong}`];
  });
}

describe.each(DOCUMENTS)("$file", ({ file, blocks }) => {
  for (const chain of chainsOf(blocks))
    testWith(sandbox, `${file}:${chain[0]?.line}: does what it says`, async () => {
      expect(await problemsOf(chain)).toEqual([]);
    });

  test("marks what can be run", () => {
    const commands = /^(\$ )?(poetry|poetry-proxy|curl|socat|systemctl|apt-get|bun|npx|npm|node) /m;
    const unmarked = blocks.filter(
      ({ language, text }) => !RUNNABLE.includes(language) && commands.test(text),
    );
    expect(
      unmarked
        .filter(({ language }) => !["ts", "toml", "mermaid"].includes(language))
        .map(({ line, text }) => `${line}: ${text}`),
    ).toEqual([]);
  });
});

test("few blocks are not run, each for a reason", () => {
  const all = DOCUMENTS.flatMap(({ blocks }) => blocks.filter(({ language }) => RUNNABLE.includes(language)));
  const notRun = all.filter((block) => block.notRun !== undefined);
  for (const { notRun: reason = "" } of notRun) expect(reason).toMatch(/^\w.{10,}/s);
  expect(notRun.length).toBeLessThan(all.length / 8);
});
