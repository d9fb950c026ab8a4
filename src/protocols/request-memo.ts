import { toLatin1 } from "./bytes.ts";
import type { Frame } from "./frame.ts";

/** How many requests are remembered, and the bytes of the longest one: a few MiB together. */
const MOST = 1024;
const LONGEST = 1024;

/** What was made of the latest requests, by their bytes: most are asked again, and patterns take their time. */
export class RequestMemo<V> {
  readonly #terminated = new Map<string, V>();
  readonly #unterminated = new Map<string, V>();

  /** What `make` made of the same request before, or makes of it now. */
  of(request: Frame, make: (request: Frame) => V): V {
    if (request.bytes.length > LONGEST) return make(request);
    const known = request.isTerminated ? this.#terminated : this.#unterminated;
    const text = toLatin1(request.bytes);
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(request);
    if (known.size === MOST) known.clear(); // Cheaper than to keep the order in which they were asked.
    known.set(text, made);
    return made;
  }
}
