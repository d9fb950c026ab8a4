import type { Route, TcpAddress } from "../../net/address.ts";
import { asIpv6, parseIp } from "./ip-address.ts";

/**
 * The bytes of both addresses in the same family, though a client that another proxy announced may be of the other one.
 *
 * @throws {TypeError} if they are not literal addresses
 */
export function addressesOf(route: Route): { readonly source: Uint8Array; readonly destination: Uint8Array } {
  const [source, destination] = [literal(route.source), literal(route.destination)];
  if (source.length === destination.length) return { source, destination };
  return { source: asIpv6(source), destination: asIpv6(destination) };
}

function literal({ host }: TcpAddress): Uint8Array {
  const bytes = parseIp(host.replace(/%.*$/, "")); // The zone of a link-local address means nothing on another machine.
  if (!bytes) throw new TypeError(`expected an IP address, not ${host}`);
  return bytes;
}
