import { toLatin1 } from "./bytes.ts";
import type { Frame } from "./frame.ts";

/** How many requests are remembered; together with LONGEST, a few MiB at most. */
const MOST = 1024;
/** Bytes of the longest request that is remembered. */
const LONGEST = 1024;

/** Remembers results for recent requests by their bytes, because most requests recur and patterns are slow. */
export class RequestMemo<V> {
  readonly #terminated = new Map<string, V>();
  readonly #unterminated = new Map<string, V>();

  /** The result of `make` for this request, remembered if possible. */
  of(request: Frame, make: (request: Frame) => V): V {
    if (request.bytes.length > LONGEST) return make(request);
    const known = request.isTerminated ? this.#terminated : this.#unterminated;
    const text = toLatin1(request.bytes);
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(request);
    if (known.size === MOST) known.clear(); // Cheaper than tracking the oldest.
    known.set(text, made);
    return made;
  }
}
