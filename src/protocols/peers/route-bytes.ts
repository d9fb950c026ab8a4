import type { Route, TcpAddress } from "../../net/address.ts";
import { asIpv6, parseIp } from "./ip-address.ts";

/**
 * The bytes of both addresses, in one family: a client announced by another proxy may be of the other family.
 *
 * @throws {TypeError} if they are not literal addresses
 */
export function addressesOf(route: Route): { readonly source: Uint8Array; readonly destination: Uint8Array } {
  const [source, destination] = [literal(route.source), literal(route.destination)];
  if (source.length === destination.length) return { source, destination };
  return { source: asIpv6(source), destination: asIpv6(destination) };
}

function literal({ host }: TcpAddress): Uint8Array {
  const bytes = parseIp(host.replace(/%.*$/, "")); // The zone of a link-local address means nothing to others.
  if (!bytes) throw new TypeError(`expected an IP address, not ${host}`);
  return bytes;
}
