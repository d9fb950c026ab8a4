import { printable } from "../protocols/printable.ts";

/** How requests are shown: as text, by a hash that says only which are the same, or not at all. */
export type ShownRequests = "full" | "hash" | "off";

/** Makes a text of a request, at most as long as `most` bytes of it; "": it is not to be seen. */
export type Show = (request: Uint8Array, most: number) => string;

/** Bytes of a request that a line of the log shows; lines of the access log show all that is remembered. */
export const SHOWN = 100;
export const SHOWN_BY_ACCESS_LOG = 256;

/** Shows the text, escaped. */
export const showText: Show = printable;

/**
 * How to show requests. The hash has a key that this process makes up: requests can be compared, but not guessed by hashing
 * all that there could be.
 */
export function showing(how: ShownRequests): Show {
  if (how === "full") return showText;
  if (how === "off") return () => "";
  const key = crypto.getRandomValues(new Uint8Array(32));
  return (request) => `#${new Bun.CryptoHasher("sha256", key).update(request).digest("hex").slice(0, 16)}`;
}
