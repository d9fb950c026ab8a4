import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { valueOf, type Check } from "./check.ts";
import { clash, ownAddresses } from "./loops.ts";
import { access } from "../rows/access.ts";
import { listening } from "../rows/listening.ts";
import type { Settled } from "../settled.ts";

/** Checks of where a service listens, and which clients it accepts. */
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
      `bad ${settled.nameOf("listen")} "${formatAddress(twice(settled) as Address)}": another one already covers it`,
  },
  {
    flags: ["reuse-port"],
    isWrong: (settled, flag) => settled.isChanged(flag) && isOnlyUnix(settled),
    why: "{} has no effect on Unix sockets",
  },
  {
    flags: ["stream"],
    isWrong: (settled) => ownAddresses(settled).some(isUnix),
    why: "{} cannot be used when listening on a Unix socket: it has no reset, so half an answer would look complete",
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
    why: "{=} has no effect: no client can connect from there",
  },
  {
    flags: ["burst"],
    isWrong: (settled) => valueOf(settled, access.rate) === undefined,
    why: "{} has no effect without {rate}",
  },
];

/** The first address to listen on that clashes with an earlier one. */
function twice(settled: Settled): Address | undefined {
  const all = valueOf(settled, listening.listen) ?? [];
  return all.find((each, index) => all.slice(0, index).some((other) => clash(each, other)));
}

/** Whether a service listens on Unix sockets only, so that no client has an IP address. */
function isOnlyUnix(settled: Settled): boolean {
  const own = ownAddresses(settled);
  return own.length > 0 && own.every(isUnix);
}

/** Whether it is a Unix socket in the file system: abstract ones have neither permissions nor a group. */
function hasFile(address: Address): boolean {
  return isUnix(address) && !address.path.startsWith("@");
}

/** Whether each kind of peer in --proxy-from, IP or Unix, has a listener that it can connect to. */
function canBeProxies(settled: Settled): boolean {
  const proxies = valueOf(settled, listening["proxy-from"]);
  if (!proxies) return true;
  const own = ownAddresses(settled);
  return (!proxies.hasUnix || own.some(isUnix)) && (!proxies.hasAddresses || !own.every(isUnix));
}
