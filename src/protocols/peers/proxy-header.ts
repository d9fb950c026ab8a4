import type { Route } from "../../net/address.ts";
import { FrameError, FrameReader, type FrameRule } from "../frame.ts";
import { isVersion1, lengthOfVersion1, readVersion1, writeVersion1 } from "./proxy-header-1.ts";
import { isVersion2, lengthOfVersion2, readVersion2, writeVersion2 } from "./proxy-header-2.ts";

/**
 * A version of the PROXY protocol: a header in which a proxy names the client whose bytes follow
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
 */
export type ProxyHeaderVersion = "v1" | "v2";

/** Bytes of the longest header that is accepted. Version 2 allows 64 KiB of extensions, but nobody sends so many. */
const LONGEST = 4096;

const RULE: FrameRule = {
  length(bytes, from) {
    if (bytes.length === 0) return -1;
    if (isVersion1(bytes)) return lengthOfVersion1(bytes, from);
    if (isVersion2(bytes)) return lengthOfVersion2(bytes);
    throw new FrameError("malformed", "missing");
  },
  endsWithInput: false,
};

/** Makes a reader of the header at the start of a stream. It fails as soon as the bytes cannot be one. */
export function proxyHeaderReader(): FrameReader {
  return new FrameReader(RULE, LONGEST);
}

/** How many bytes it takes to recognize any header. */
export const TELLING_BYTES = 13;

/** Whether the bytes can only be a header. (A request may begin with `PROXY `, too.) */
export function beginsWithProxyHeader(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, TELLING_BYTES)).toString("latin1");
  return /^(PROXY (TCP[46] |UNKNOWN)|\r\n\r\n\0\r\nQUIT\n)/.test(start);
}

/**
 * The route in a header; undefined if the proxy names no client, as in a health check.
 *
 * @param bytes the complete header
 * @throws {FrameError} if it is malformed
 */
export function readProxyHeader(bytes: Uint8Array): Route | undefined {
  return isVersion1(bytes) ? readVersion1(bytes) : readVersion2(bytes);
}

/**
 * Encodes a header.
 *
 * @param route undefined to name no client
 */
export function writeProxyHeader(version: ProxyHeaderVersion, route: Route | undefined): Uint8Array {
  return version === "v1" ? writeVersion1(route) : writeVersion2(route);
}
