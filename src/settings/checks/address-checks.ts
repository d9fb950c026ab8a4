import { familyOf, formatAddress, isLiteral, isUnix, type Address } from "../../net/address.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { valueOf, type Check } from "./check.ts";
import { leadsTo, ownAddresses } from "./loops.ts";
import { asking, fetching } from "../rows/fetching.ts";
import { transforming } from "../rows/transforming.ts";
import type { Settled } from "../settled.ts";

/** Checks of the addresses that a proxy is to query. */
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
    why: "{} has no effect: no {upstream} is a host name",
  },
  {
    flags: ["prefer"],
    isWrong: (settled) => settled.isGiven("source"),
    why: "{=} has no effect: {source=} reaches only addresses of its own family",
  },
  {
    flags: ["source"],
    isWrong: (settled) => upstreamsOf(settled).every(isUnix),
    why: "{=} has no effect on Unix sockets",
  },
  {
    flags: ["source"],
    isWrong: (settled) => unreachable(settled) !== undefined,
    why: (settled) =>
      `bad ${settled.nameOf("upstream")} "${unreachable(settled)}": ${settled.quote("source")} is of the other address family`,
  },
];

function upstreamsOf(settled: Settled): readonly Address[] {
  if (!settled.has(asking.upstream)) return []; // In `ctl hold`, `upstream` is a name, not an address.
  return valueOf(settled, asking.upstream) ?? [];
}

/** Whether an upstream is a name that needs a resolver. */
function hasName(settled: Settled): boolean {
  return !upstreamsOf(settled).every(isLiteral);
}

/** The first upstream that --source cannot reach: a literal address of the other family. */
function unreachable(settled: Settled): string | undefined {
  const source = valueOf(settled, fetching.source);
  if (source === undefined) return undefined;
  const other = upstreamsOf(settled).find(
    (each) => !isUnix(each) && isLiteral(each) && familyOf(each.host) !== familyOf(source),
  );
  return other && formatAddress(other);
}

/** The first upstream that is listed twice. */
function twice(settled: Settled): string | undefined {
  const all = upstreamsOf(settled);
  const places = all.map((each) => formatAddress(isUnix(each) ? { path: placeOfPath(each.path) } : each));
  const second = all.find((_, index) => places.indexOf(places[index] as string) < index);
  return second && formatAddress(second);
}

/** Refuses an address that the service listens on: a proxy that queries itself would wait for its own answer. */
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
