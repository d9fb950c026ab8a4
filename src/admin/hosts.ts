import { isIP } from "node:net";
import { isUnix, type Address } from "../net/address.ts";
import { HttpError, type HttpRequest } from "./request.ts";

/**
 * A guard for a server on `address`. On a loopback address the Host header must be an IP address or localhost, so that
 * a web page whose name was rebound to 127.0.0.1 (DNS rebinding) cannot read anything.
 */
export function hostGuard(address: Address): (request: HttpRequest) => void {
  if (isUnix(address) || !isLoopback(address.host)) return () => {};
  return ({ headers }) => {
    const host = headers.get("host");
    if (host !== undefined && !isOurs(host))
      throw new HttpError(421, "Use an IP address or localhost as the host");
  };
}

function isLoopback(host: string): boolean {
  return host === "::1" || host === "localhost" || host.startsWith("127.");
}

/** Whether the host names this machine without DNS. */
function isOurs(host: string): boolean {
  const name = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1");
  return name.toLowerCase() === "localhost" || isIP(name) !== 0;
}
