import { formatAddress, type Address } from "../../net/address.ts";
import { valueOf, type Check } from "./check.ts";
import { clash } from "./loops.ts";
import { access } from "../rows/access.ts";
import { listening } from "../rows/listening.ts";
import type { Settled } from "../settled.ts";

/** Those of CHECKS that are about where a service listens, and who may come in. */
export const LISTENING_CHECKS: readonly Check[] = [
  {
    flags: ["listen"],
    isWrong: (settled) => settled.isGiven("port"),
    why: "{} and {port} cannot be used together",
  },
  {
    flags: ["listen"],
    isWrong: (settled) => settled.isGiven("host"),
    why: "{} and {host} cannot be used together",
  },
  {
    flags: ["listen"],
    isWrong: (settled) => twice(settled) !== undefined,
    why: (settled) =>
      `bad ${settled.nameOf("listen")} "${formatAddress(twice(settled) as Address)}": another one takes it in`,
  },
  {
    flags: ["burst"],
    isWrong: (settled) => valueOf(settled, access.rate) === undefined,
    why: "{} has no effect without {rate}",
  },
];

/** An address that a service is to listen on, though it does already. */
function twice(settled: Settled): Address | undefined {
  const all = valueOf(settled, listening.listen) ?? [];
  return all.find((each, index) => all.slice(0, index).some((other) => clash(each, other)));
}
