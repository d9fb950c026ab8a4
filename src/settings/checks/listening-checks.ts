import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { valueOf, type Check } from "./check.ts";
import { clash, ownAddresses } from "./loops.ts";
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
    flags: ["reuse-port"],
    isWrong: (settled, flag) => settled.isChanged(flag) && isOnlyUnix(settled),
    why: "{} has no effect on Unix sockets",
  },
  {
    flags: ["stream"],
    isWrong: (settled) => ownAddresses(settled).some(isUnix),
    why: "{} cannot be used with a Unix socket to listen on: that has no reset, so half an answer would look whole",
  },
  {
    flags: ["socket-mode", "socket-group"],
    isWrong: (settled) => !ownAddresses(settled).some(hasFile),
    why: "{} has no effect without {listen} unix:/PATH",
  },
  {
    flags: ["clients", "rate", "max-clients-per-ip"],
    isWrong: (settled, flag) =>
      settled.isChanged(flag) &&
      isOnlyUnix(settled) &&
      valueOf(settled, listening["proxy-from"]) === undefined,
    why: "{} has no effect: clients of a Unix socket have no address",
  },
  {
    flags: ["proxy-from"],
    isWrong: (settled) => !canBeProxies(settled),
    why: "{=} has no effect: nobody comes from there",
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

function isOnlyUnix(settled: Settled): boolean {
  const own = ownAddresses(settled);
  return own.length > 0 && own.every(isUnix);
}

/** Whether it is a Unix socket with permissions. */
function hasFile(address: Address): boolean {
  return isUnix(address) && !address.path.startsWith("@");
}

/** Whether each kind of proxy that is named can come: by addresses, and by Unix sockets. */
function canBeProxies(settled: Settled): boolean {
  const proxies = valueOf(settled, listening["proxy-from"]);
  if (!proxies) return true;
  const own = ownAddresses(settled);
  return (!proxies.hasUnix || own.some(isUnix)) && (!proxies.hasAddresses || !own.every(isUnix));
}
