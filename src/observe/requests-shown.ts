import { printable } from "../protocols/printable.ts";

/** How logs show requests: as text, as a hash that only tells which are equal, or not at all. */
export type ShownRequests = "full" | "hash" | "off";

/** At most `most` bytes of a request as text; "": it must not be shown. */
export type Show = (request: Uint8Array, most: number) => string;

/** How many bytes of a request a line of the log shows, and the access log: there, as much as is remembered. */
export const SHOWN = 100;
export const SHOWN_BY_ACCESS_LOG = 256;

/** Shows requests as text, with control characters escaped. */
export const showText: Show = printable;

/**
 * The function that shows requests in this way. The hash is keyed with a random number of this process, so that
 * requests can be compared, but not found out by hashing all candidates.
 */
export function showing(how: ShownRequests): Show {
  if (how === "full") return showText;
  if (how === "off") return () => "";
  const key = crypto.getRandomValues(new Uint8Array(32));
  return (request) => `#${new Bun.CryptoHasher("sha256", key).update(request).digest("hex").slice(0, 16)}`;
}
