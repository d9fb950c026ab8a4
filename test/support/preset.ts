import { proxy } from "../../src/settings/commands.ts";
import { presets } from "../../src/settings/presets.ts";
import { settle, type Settled } from "../../src/settings/settle.ts";
import { readArgv } from "../../src/cli/argv.ts";

/** What `poetry proxy 1 …argv` is run with. */
function readProxy(argv: readonly string[]): Settled<typeof proxy> {
  return settle(proxy, readArgv(proxy, ["1", ...argv]), presets);
}

/** The values that `poetry proxy 1 …argv` is run with. */
export function readProxyArgs(...argv: string[]): Record<string, unknown> {
  return { ...readProxy(argv).values };
}

/** The options of the proxy that a preset stands for. */
export function optionsOf(preset: string) {
  const { requests, answers } = readProxy(["--preset", preset]).options;
  return { ...answers, requests };
}
