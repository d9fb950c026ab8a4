import { isIP } from "node:net";
import { isUnix, type Address } from "../net/address.ts";
import { HttpError, type HttpRequest } from "./request.ts";

/**
 * A guard for a listener on `address`: on a loopback address, clients must use an address or localhost as the Host. Requests
 * of a web page whose name was rebound to 127.0.0.1 (DNS rebinding) are refused.
 */
export function hostGuard(address: Address): (request: HttpRequest) => void {
  if (isUnix(address) || !isLoopback(address.host)) return () => {};
  return ({ headers }) => {
    const host = headers.get("host");
    if (host !== undefined && !isOurs(host)) throw new HttpError(421, "Call it by an address or localhost");
  };
}

function isLoopback(host: string): boolean {
  return host === "::1" || host === "localhost" || host.startsWith("127.");
}

function isOurs(host: string): boolean {
  const name = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
  return name.toLowerCase() === "localhost" || isIP(name) !== 0;
}
