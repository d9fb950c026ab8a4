import { readArgv } from "../../src/cli/argv.ts";
import { loadPatterns } from "../../src/protocols/pattern.ts";
import { check } from "../../src/settings/checks/complaints.ts";
import { proxy } from "../../src/settings/commands.ts";
import { presets } from "../../src/settings/presets.ts";
import { settle } from "../../src/settings/settle.ts";
import type { Settled } from "../../src/settings/settled.ts";

await loadPatterns();

/** The settings of `poetry proxy 1 …argv`. */
function readProxy(argv: readonly string[]): Settled<typeof proxy> {
  const settled = settle(proxy, readArgv(proxy, ["1", ...argv]), presets);
  check(settled);
  return settled;
}

/** The values of `poetry proxy 1 …argv`. */
export function readProxyArgs(...argv: string[]): Record<string, unknown> {
  return { ...readProxy(argv).values };
}

/** The options of a proxy with a preset and other flags. */
export function optionsOf(preset: string, ...argv: string[]) {
  const { requests, answers } = readProxy(["--preset", preset, ...argv]).options;
  return { ...answers, requests };
}
