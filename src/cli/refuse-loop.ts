import { formatAddress, leadsTo, type Address } from "../net/address.ts";
import { UsageError } from "./args.ts";

/**
 * A proxy that asks itself would wait for its own answer.
 *
 * @param label of the argument that says whom it asks
 * @throws {UsageError} if that is where it listens
 */
export function refuseLoop(label: string, asked: Address, own: Address): void {
  if (leadsTo(asked, own)) {
    throw new UsageError(`Bad ${label} "${formatAddress(asked)}": it is where this proxy listens`);
  }
}
