import { hasAddress, type Route } from "../net/address.ts";
import type { Visit } from "../net/transport.ts";
import { writeProxyHeader, type ProxyHeaderVersion } from "../protocols/peers/proxy-header.ts";

/** Makes the bytes to send from a request and, if it is for one client only, the route of that client. */
export type Announce = (request: Uint8Array, route: Route | undefined) => Uint8Array;

/**
 * Puts a PROXY header before each request; without a version, none. A request that clients share names none of them.
 */
export function announcer(version: ProxyHeaderVersion | undefined): Announce {
  if (!version) return (request) => request;
  const own = writeProxyHeader(version, undefined);
  return (request, route) => {
    const header = route ? writeProxyHeader(version, route) : own;
    const announced = new Uint8Array(header.length + request.length);
    announced.set(header);
    announced.set(request, header.length);
    return announced;
  };
}

/** The route of a client; undefined if it came by a Unix socket or has left. */
export function routeOf({ peer, destination }: Visit): Route | undefined {
  return hasAddress(peer) && hasAddress(destination) ? { source: peer, destination } : undefined;
}
