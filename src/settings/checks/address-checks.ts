import { formatAddress, isLiteral, type Address } from "../../net/address.ts";
import { valueOf, type Check } from "./check.ts";
import { leadsTo, ownAddresses } from "./loops.ts";
import { asking } from "../rows/fetching.ts";
import { transforming } from "../rows/transforming.ts";
import type { Settled } from "../settled.ts";

/** What is wrong with the addresses that a proxy is to ask. */
export const ADDRESS_CHECKS: readonly Check[] = [
  loop("upstream", upstreamsOf),
  loop("via", (settled) => [valueOf(settled, transforming.via) ?? []].flat()),
  {
    flags: ["upstream"],
    isWrong: (settled) => twice(settled) !== undefined,
    why: (settled) => `bad ${settled.nameOf("upstream")} "${twice(settled)}": it is given twice`,
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

function upstreamsOf(settled: Settled): readonly Address[] {
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
function loop(flag: string, addressesOf: (settled: Settled) => readonly Address[]): Check {
  const own = (settled: Settled) =>
    addressesOf(settled).find((asked) => ownAddresses(settled).some((each) => leadsTo(asked, each)));
  return {
    flags: [flag],
    isWrong: (settled) => own(settled) !== undefined,
    why: (settled) =>
      `bad ${settled.nameOf(flag)} "${formatAddress(own(settled) as Address)}": the proxy would connect to itself`,
  };
}
