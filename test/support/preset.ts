import { readArgv } from "../../src/cli/argv.ts";
import { loadPatterns } from "../../src/protocols/pattern.ts";
import { check } from "../../src/settings/checks/complaints.ts";
import { proxy } from "../../src/settings/commands.ts";
import { presets } from "../../src/settings/presets.ts";
import { settle } from "../../src/settings/settle.ts";
import type { Settled } from "../../src/settings/settled.ts";

await loadPatterns();

/** What `poetry proxy 1 …argv` is run with. */
function readProxy(argv: readonly string[]): Settled<typeof proxy> {
  const settled = settle(proxy, readArgv(proxy, ["1", ...argv]), presets);
  check(settled);
  return settled;
}

/** The values that `poetry proxy 1 …argv` is run with. */
export function readProxyArgs(...argv: string[]): Record<string, unknown> {
  return { ...readProxy(argv).values };
}

/** The options of the proxy that a preset stands for, with other flags beside it. */
export function optionsOf(preset: string, ...argv: string[]) {
  const { requests, answers } = readProxy(["--preset", preset, ...argv]).options;
  return { ...answers, requests };
}
