import { FrameError, FrameReader, type FrameRule } from "../frame.ts";
import { isVersion1, lengthOfVersion1, readVersion1, writeVersion1 } from "./proxy-header-1.ts";
import { isVersion2, lengthOfVersion2, readVersion2, writeVersion2 } from "./proxy-header-2.ts";
import type { Route } from "./route.ts";

/**
 * The PROXY protocol: what a proxy says first of all of the client whose bytes follow
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
 */

export type ProxyHeaderVersion = "v1" | "v2";

/** Bytes of the longest header that is read: version 2 has room for 64 KiB of extensions that nobody sends. */
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

/** Finds the header at the start of what a peer sends. It fails as soon as the bytes can be none. */
export function proxyHeaderReader(): FrameReader {
  return new FrameReader(RULE, LONGEST);
}

/** Whether bytes begin as only a header does: with its whole signature. */
export function beginsWithProxyHeader(bytes: Uint8Array): boolean {
  return (bytes.length >= 6 && isVersion1(bytes)) || (bytes.length >= 12 && isVersion2(bytes));
}

/**
 * What a header says; undefined: nothing, the proxy speaks for itself, as in a health check, or does not know.
 *
 * @param bytes the whole of it
 * @throws {FrameError}
 */
export function readProxyHeader(bytes: Uint8Array): Route | undefined {
  return isVersion1(bytes) ? readVersion1(bytes) : readVersion2(bytes);
}

/** @param route undefined: we speak for ourselves */
export function writeProxyHeader(version: ProxyHeaderVersion, route: Route | undefined): Uint8Array {
  return version === "v1" ? writeVersion1(route) : writeVersion2(route);
}
