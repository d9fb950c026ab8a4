import type { Block } from "../../scripts/documents.ts";
import { runInMachine } from "./machine.ts";
import { ShownOutput } from "./shown-output.ts";
import { outputsOf, scriptOf, stepsOf } from "./terminal-script.ts";

/** Longer than any block takes, even next to seven other tests. */
const SECONDS = 50;
const RUNNABLE: ReadonlySet<string> = new Set(["sh", "console"]);

/** Whether a block consists of commands. */
export function isRunnable({ language }: Block): boolean {
  return RUNNABLE.has(language);
}

/** Groups of blocks that run one after another on the same machine. */
export function chainsOf(blocks: readonly Block[]): Block[][] {
  const chains: Block[][] = [];
  for (const block of blocks.filter((each) => isRunnable(each) && each.notRun === undefined)) {
    if (block.goesOn) chains.at(-1)?.push(block);
    else chains.push([block]);
  }
  return chains;
}

/** Runs blocks on a separate machine; returns what went wrong. */
export async function problemsOf(blocks: readonly Block[]): Promise<string[]> {
  const steps = stepsOf(blocks);
  const { code, output } = await runInMachine(scriptOf(steps), SECONDS);
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
