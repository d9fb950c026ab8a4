import { parseAddress, type Address } from "../net/address.ts";
import { externalTransformation, type TransformingServer } from "../services/transform/external.ts";
import { isTransformName } from "../protocols/transform.ts";
import type { Transformation } from "../services/transform/transformation.ts";
import { option, UsageError, type Values } from "./args.ts";

/** What is to be done to a poem by a transformation server. */
export const viaArgs = {
  transform: option({
    hint: "NAMES",
    description: "Have the poem transformed by NAME, or by several NAMES in this order: a,b",
    parse: transformNames,
  }),
  via: option({
    hint: "ADDRESS",
    description: "The transformation server that does it: PORT, HOST:PORT or [IPV6]:PORT",
    parse: parseAddress,
  }),
};

/** Names of transformations: `cummingsify` or `cummingsify,rot13`. */
export function transformNames(text: string): string[] {
  const names = text.split(",");
  if (names.every(isTransformName)) return names;
  throw new SyntaxError("expected names of letters, digits, - and _, such as cummingsify or shout,rot13");
}

/** The names of transformations to ask for, and whom; nothing if poems stay as they are. */
export function viaOf({ transform: names, via: address }: Values<typeof viaArgs>) {
  if (names === undefined && address === undefined) return undefined;
  if (names === undefined) throw new UsageError("--via needs a --transform");
  if (address === undefined) throw new UsageError("--transform needs --via ADDRESS: who does it");
  return { names, address };
}

/** The transformations that the flags ask for. */
export function externalTransformations(
  { names, address }: { readonly names: readonly string[]; readonly address: Address },
  options: Omit<TransformingServer, "address">,
): Transformation[] {
  return names.map((name) => externalTransformation(name, { ...options, address }));
}
