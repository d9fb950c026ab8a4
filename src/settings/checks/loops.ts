import {
  isUnix,
  listeningHost,
  normalizeHost,
  withPermissions,
  type Address,
  type TcpAddress,
} from "../../net/address.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { listening } from "../rows/listening.ts";
import type { Settled } from "../settled.ts";

/** The addresses that a service listens on: those of --listen, otherwise --host with --port. */
export function ownAddresses(settled: Settled): Address[] {
  const several = (settled.valueOf(listening.listen.flag) ?? []) as readonly Address[];
  const host = settled.valueOf(listening.host.flag) as string | undefined;
  const port = settled.valueOf(listening.port.flag) as number | undefined;
  const all = several.length > 0 ? several : host === undefined || port === undefined ? [] : [{ host, port }];
  const permissions = {
    mode: settled.valueOf("socket-mode") as number | undefined,
    group: settled.valueOf("socket-group") as string | undefined,
  };
  return all.map((each) =>
    isUnix(each) ? withPermissions(each, permissions) : { ...each, host: listeningHost(each.host) },
  );
}

/** Whether the two cannot be listened on at the same time. */
export function clash(one: Address, other: Address): boolean {
  if (isUnix(one) || isUnix(other)) return leadsTo(one, other);
  if (one.port !== other.port || one.port === 0) return false;
  const [[here = ""], [there = ""]] = [literals(one.host), literals(other.host)];
  return here === there || covers(one, here, there) || covers(other, there, here);
}

/** Whether `own`, whose host is the literal `at`, is a wildcard that includes `literal`. */
function covers({ isOnlyIpv6 = false }: TcpAddress, at: string, literal: string): boolean {
  const [isIpv4, isIpv6] = [/^[\d.]+$/.test(literal), literal.includes(":")];
  return (at === "0.0.0.0" && isIpv4) || (at === "::" && (isIpv6 || (isIpv4 && !isOnlyIpv6)));
}

/** Whether a connection to `asked` may end at a listener on `own`. */
export function leadsTo(asked: Address, own: Address): boolean {
  if (isUnix(asked) || isUnix(own))
    return isUnix(asked) && isUnix(own) && placeOfPath(asked.path) === placeOfPath(own.path);
  if (asked.port !== own.port) return false;
  return literals(asked.host).some((each) => {
    const target = each.replace("0.0.0.0", "127.0.0.1").replace(/^::$/, "::1"); // The kernel connects to loopback instead.
    const isLocal = target === "::1" || target.startsWith("127.");
    return literals(own.host).some((at) => {
      const isIpv6 = target === "::1";
      const isAnyHere = at === "0.0.0.0" ? !isIpv6 : at === "::" && (isIpv6 || !own.isOnlyIpv6);
      return at === target || at === each || (isLocal && isAnyHere);
    });
  });
}

/** The addresses that a host may mean, in canonical spelling. A name that needs a resolver stands for itself. */
function literals(host: string): string[] {
  const name = normalizeHost(host.toLowerCase().replace(/\.$/, ""));
  if (name === "localhost") return ["127.0.0.1", "::1"];
  if (/^[0:]+:[0:]*1$/.test(name)) return ["::1"];
  return [/^[0:]*:[0:]*$/.test(name) ? "::" : name];
}
