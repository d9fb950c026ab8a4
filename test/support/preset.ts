import { readArgs } from "../../src/cli/args.ts";
import { argsOf } from "../../src/cli/command.ts";
import proxy from "../../src/cli/commands/proxy.ts";
import { requestOptions } from "../../src/cli/request-args.ts";
import { loadPatterns } from "../../src/protocols/pattern.ts";

await loadPatterns();

type Given = Parameters<typeof requestOptions>[0] & { readonly ttl: number };

/** The values that `poetry proxy 1 …argv` is run with. */
export function readProxyArgs(...argv: string[]): Record<string, unknown> {
  const whole = ["1", ...argv];
  return readArgs(argsOf(proxy, whole), whole);
}

/** The options of the proxy that a preset, or other flags, stand for. */
export function optionsOf(preset: string, ...argv: string[]) {
  const given = readProxyArgs("--preset", preset, ...argv) as unknown as Given;
  return { ...requestOptions(given), ttl: given.ttl, grace: 0 };
}
