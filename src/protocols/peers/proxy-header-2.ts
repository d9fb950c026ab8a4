import type { Route, TcpAddress } from "../../net/address.ts";
import { FrameError } from "../frame.ts";
import { asIpv4, formatIp } from "./ip-address.ts";
import { addressesOf } from "./route-bytes.ts";

/**
 * Version 2 of the PROXY protocol, which is binary: signature, version and command, family and transport, length of the
 * rest; then both addresses, both ports, and extensions (type, length, value), which are skipped.
 */

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const VERSION = 0x20;
const LOCAL = 0x0;
const PROXY = 0x1;
/** Bytes before those that the length field counts. */
const START = 16;

/** Bytes of an address, by family and transport. Streams only, because no other transport has connections. */
const ADDRESS_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x00, 0], // Unspecified.
  [0x11, 4],
  [0x21, 16],
  [0x31, 108], // Paths of Unix sockets.
]);
const TCP4 = 0x11;
const TCP6 = 0x21;

/** Whether the bytes so far may begin a header of version 2. */
export function isVersion2(bytes: Uint8Array): boolean {
  return SIGNATURE.every((each, at) => at >= bytes.length || bytes[at] === each);
}

/** The length of the header; -1 if that has not arrived yet. */
export function lengthOfVersion2(bytes: Uint8Array): number {
  return bytes.length < START ? -1 : START + viewOf(bytes).getUint16(14);
}

/**
 * The route in a header; undefined for LOCAL, and for addresses other than TCP.
 *
 * @throws {FrameError} if it is malformed
 */
export function readVersion2(bytes: Uint8Array): Route | undefined {
  const [command = 0, family = 0] = bytes.subarray(SIGNATURE.length);
  if (command === (VERSION | LOCAL)) return undefined; // LOCAL: the rest is to be ignored.
  if (command !== (VERSION | PROXY)) throw malformed("of an unknown version or command");
  const length = ADDRESS_LENGTHS.get(family);
  if (length === undefined) throw malformed("for something other than a stream");
  if (family === 0) return undefined; // The rest is to be ignored.
  const isTcp = family === TCP4 || family === TCP6;
  const extensions = START + 2 * (length + (isTcp ? 2 : 0));
  checkExtensions(bytes, extensions);
  if (!isTcp) return undefined;
  const ports = START + 2 * length;
  return {
    source: addressAt(bytes, START, length, ports),
    destination: addressAt(bytes, START + length, length, ports + 2),
  };
}

/** Encodes a header; without a route, LOCAL. */
export function writeVersion2(route: Route | undefined): Uint8Array {
  if (!route) return Uint8Array.of(...SIGNATURE, VERSION | LOCAL, 0, 0, 0);
  const { source, destination } = addressesOf(route);
  const length = 2 * (source.length + 2);
  const family = source.length === 4 ? TCP4 : TCP6;
  const start = [...SIGNATURE, VERSION | PROXY, family, 0, length];
  const header = Uint8Array.of(...start, ...source, ...destination, 0, 0, 0, 0);
  viewOf(header).setUint16(header.length - 4, route.source.port);
  viewOf(header).setUint16(header.length - 2, route.destination.port);
  return header;
}

function addressAt(bytes: Uint8Array, at: number, length: number, port: number): TcpAddress {
  return { host: formatIp(asIpv4(bytes.subarray(at, at + length))), port: viewOf(bytes).getUint16(port) };
}

/** Checks that each extension ends where the next one begins, and the last one at the end of the header. */
function checkExtensions(bytes: Uint8Array, from: number): void {
  let at = from;
  while (at + 3 <= bytes.length) at += 3 + viewOf(bytes).getUint16(at + 1);
  if (at !== bytes.length) throw malformed("with extensions of the wrong length");
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function malformed(detail: string): FrameError {
  return new FrameError("malformed", detail);
}
