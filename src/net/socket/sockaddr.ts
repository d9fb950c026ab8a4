import { isIPv6 } from "node:net";
import { systemPath, type UnixAddress } from "../address.ts";

// Linux, the same on x64 and arm64: <bits/socket.h>
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** inet_pton: writes a literal address in network byte order; returns 1 if it is valid. */
type WriteLiteral = (family: number, text: Uint8Array, into: Uint8Array) => number;

/** struct sockaddr_in or sockaddr_in6; undefined if `host` is not a literal address. */
export function internetAddress(host: string, port: number, write: WriteLiteral): Uint8Array | undefined {
  const [literal = "", scope = "0"] = host.split("%");
  const [family, length, start] = isIPv6(literal) ? [AF_INET6, 28, 8] : [AF_INET, 16, 4];
  const address = new Uint8Array(length);
  const view = new DataView(address.buffer);
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  if (family === AF_INET6) view.setUint32(24, Number(scope), true);
  const isLiteral = write(family, Buffer.from(`${literal}\0`), address.subarray(start)) === 1;
  return isLiteral ? address : undefined;
}

/** struct sockaddr_un; undefined if the path is too long. A path ends with a NUL, an abstract name does not. */
export function unixAddress(to: UnixAddress): Uint8Array | undefined {
  const path = systemPath(to);
  const address = Buffer.from(`${String.fromCharCode(AF_UNIX)}\0${path}${path.startsWith("\0") ? "" : "\0"}`);
  return address.length <= 110 ? address : undefined;
}
