import type { Route, TcpAddress } from "../../net/address.ts";
import { FrameError } from "../frame.ts";
import { asIpv4, formatIp, parseIp } from "./ip-address.ts";
import { addressesOf } from "./route-bytes.ts";

/** Version 1 of the PROXY protocol, one line: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443`. */

const SIGNATURE = "PROXY ";
/** Bytes of the longest line, with its end. */
const LONGEST = 107;
const CR = 0x0d;
const LF = 0x0a;
const PORT = /^(0|[1-9]\d{0,4})$/;

/** Whether the bytes so far may begin a header of version 1. */
export function isVersion1(bytes: Uint8Array): boolean {
  for (let at = 0; at < Math.min(bytes.length, SIGNATURE.length); at++)
    if (bytes[at] !== SIGNATURE.charCodeAt(at)) return false;
  return true;
}

/**
 * The length of the header; -1 if its end has not arrived yet.
 *
 * @throws {FrameError} if it is too long or does not end in CR LF
 */
export function lengthOfVersion1(bytes: Uint8Array, from: number): number {
  const end = bytes.subarray(0, LONGEST).indexOf(LF, from);
  if (end === -1 && bytes.length >= LONGEST) throw new FrameError("too_long", `longer than ${LONGEST} bytes`);
  if (end !== -1 && bytes[end - 1] !== CR) throw new FrameError("malformed", "without CR at its end");
  return end === -1 ? -1 : end + 1;
}

/**
 * The route in a header; undefined for UNKNOWN.
 *
 * @throws {FrameError} if it is malformed
 */
export function readVersion1(bytes: Uint8Array): Route | undefined {
  const line = Buffer.from(bytes.subarray(SIGNATURE.length, -2)).toString("latin1");
  const [family, source, destination, sourcePort, destinationPort, ...others] = line.split(" ");
  if (family === "UNKNOWN") return undefined; // The rest is to be ignored.
  if (others.length > 0) throw malformed();
  return {
    source: addressOf(family, source, sourcePort),
    destination: addressOf(family, destination, destinationPort),
  };
}

/** Encodes a header; without a route, UNKNOWN. */
export function writeVersion1(route: Route | undefined): Uint8Array {
  if (!route) return Buffer.from(`${SIGNATURE}UNKNOWN\r\n`);
  const { source, destination } = addressesOf(route);
  const family = source.length === 4 ? "TCP4" : "TCP6";
  const hosts = `${formatIp(source)} ${formatIp(destination)}`;
  return Buffer.from(`${SIGNATURE}${family} ${hosts} ${route.source.port} ${route.destination.port}\r\n`);
}

function addressOf(family = "", host = "", port = ""): TcpAddress {
  const bytes = parseIp(host);
  if (!bytes || LENGTHS[family] !== bytes.length) throw malformed();
  if (!PORT.test(port) || Number(port) > 65_535) throw malformed();
  return { host: formatIp(asIpv4(bytes)), port: Number(port) };
}

/** Bytes of an address, by family. */
const LENGTHS: Readonly<Record<string, number>> = { TCP4: 4, TCP6: 16 };

function malformed(): FrameError {
  return new FrameError("malformed", "without addresses and ports");
}
