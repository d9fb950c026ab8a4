import { printable } from "../protocols/printable.ts";

/** How requests are shown: as text, as a hash that only tells which are equal, or not at all. */
export type ShownRequests = "full" | "hash" | "off";

/** Shows at most `most` bytes of a request as text; "": not at all. */
export type Show = (request: Uint8Array, most: number) => string;

/** How many bytes of a request a line of the log shows; the access log shows everything that is remembered. */
export const SHOWN = 100;
export const SHOWN_BY_ACCESS_LOG = 256;

/** Shows the text, escaped. */
export const showText: Show = printable;

/**
 * How to show requests. The hash has a random key of this process, so that requests can be compared, but not guessed by
 * hashing all candidates.
 */
export function showing(how: ShownRequests): Show {
  if (how === "full") return showText;
  if (how === "off") return () => "";
  const key = crypto.getRandomValues(new Uint8Array(32));
  return (request) => `#${new Bun.CryptoHasher("sha256", key).update(request).digest("hex").slice(0, 16)}`;
}
