import { formatAddress, isLiteral, listeningHost, type TcpAddress } from "../net/address.ts";
import { valueOf, type Check } from "./check.ts";
import { leadsTo } from "./loops.ts";
import { asking } from "./rows/fetching.ts";
import { listening } from "./rows/listening.ts";
import { transforming } from "./rows/transforming.ts";
import type { Settled } from "./settle.ts";

/** What is wrong with the addresses that a proxy is to ask. */
export const ADDRESS_CHECKS: readonly Check[] = [
  loop("upstream", upstreamsOf),
  loop("via", (settled) => [valueOf(settled, transforming.via) ?? []].flat()),
  {
    flags: ["upstream"],
    isWrong: (settled) => twice(settled) !== undefined,
    why: (settled) => `Bad UPSTREAM "${twice(settled)}": it is given twice`,
  },
  {
    flags: ["choose"],
    isWrong: (settled, flag) =>
      settled.isChanged(flag) && upstreamsOf(settled).length === 1 && !hasName(settled),
    why: "{=} has no effect: there is only one address to query",
  },
  {
    flags: ["dns-ttl", "prefer"],
    isWrong: (settled, flag) => settled.isChanged(flag) && !hasName(settled),
    why: "{} has no effect: no {upstream} is a name",
  },
];

function upstreamsOf(settled: Settled): readonly TcpAddress[] {
  return valueOf(settled, asking.upstream) ?? [];
}

function hasName(settled: Settled): boolean {
  return !upstreamsOf(settled).every(isLiteral);
}

function twice(settled: Settled): string | undefined {
  const written = upstreamsOf(settled).map(formatAddress);
  return written.find((each, index) => written.indexOf(each) < index);
}

/** A proxy that asks itself would wait for its own answer. */
function loop(flag: string, addressesOf: (settled: Settled) => readonly TcpAddress[]): Check {
  const own = (settled: Settled) => addressesOf(settled).find((each) => isOwn(each, settled));
  return {
    flags: [flag],
    isWrong: (settled) => own(settled) !== undefined,
    why: (settled) =>
      `Bad ${settled.nameOf(flag)} "${formatAddress(own(settled) as TcpAddress)}": the proxy would connect to itself`,
  };
}

/** Whether an address is the one that the service listens on itself. */
function isOwn(address: TcpAddress, settled: Settled): boolean {
  const [host, port] = [valueOf(settled, listening.host), valueOf(settled, listening.port)];
  if (host === undefined || port === undefined) return false;
  return leadsTo(address, { host: listeningHost(host), port });
}
