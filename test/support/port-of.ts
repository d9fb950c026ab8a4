import type { Address } from "../../src/net/address.ts";

/** The port of a service that listens on one. */
export function portOf(address: Address): number {
  if ("port" in address) return address.port;
  throw new Error(`${address.path} is no port`);
}
