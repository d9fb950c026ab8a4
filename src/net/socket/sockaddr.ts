import { isIPv6 } from "node:net";
import { systemPath, type UnixAddress } from "../address.ts";

// Linux, the same on x64 and arm64: <bits/socket.h>
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** Writes a literal address as the network sends it; anything but 1: it is none (inet_pton). */
type WriteLiteral = (family: number, text: Uint8Array, into: Uint8Array) => number;

/** struct sockaddr_in or sockaddr_in6; undefined for what is not a literal address. */
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

/** struct sockaddr_un; undefined for a path that is too long for it. The name of an abstract one has no NUL at its end. */
export function unixAddress(to: UnixAddress): Uint8Array | undefined {
  const path = systemPath(to);
  const address = Buffer.from(`${String.fromCharCode(AF_UNIX)}\0${path}${path.startsWith("\0") ? "" : "\0"}`);
  return address.length <= 110 ? address : undefined;
}
