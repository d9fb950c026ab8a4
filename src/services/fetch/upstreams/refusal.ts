import type { Address } from "../../../net/address.ts";
import { toLatin1 } from "../../../protocols/bytes.ts";
import type { Frame } from "../../../protocols/frame.ts";
import { printable } from "../../../protocols/printable.ts";
import { repeatsRequest } from "../answer-rules.ts";
import { FetchError } from "../errors.ts";

/** Bytes of a refusal that its error shows. */
const SHOWN = 80;

/** An upstream's answer that it has been asked too often. It is remembered while the address is held down. */
export class Refusal {
  /**
   * @param request the request that it refused
   * @param bytes its answer
   * @param fetch the number of the fetch that was refused
   */
  constructor(
    readonly upstream: Address,
    readonly request: Frame,
    readonly bytes: Uint8Array,
    readonly fetch: number,
  ) {}

  /** The failure of the fetch that was refused. */
  asError(): RefusalError {
    return new RefusalError(this, this.bytes, false);
  }

  /**
   * The failure of a later fetch, which never reaches the upstream. Other requests get the same answer, unless it
   * repeats the text of the refused request: it may look like a refusal only because of that text.
   */
  repeatedFor(request: Frame): RefusalError {
    const asked = toLatin1(this.request.bytes);
    const text = asked.trim();
    const isMeant = asked === toLatin1(request.bytes) || text === "" || !repeatsRequest(this.bytes, text);
    return new RefusalError(this, isMeant ? this.bytes : undefined, true);
  }
}

/** A fetch was refused, or would be refused again. */
export class RefusalError extends FetchError {
  /**
   * @param answer for clients with no stale answer to fall back on; undefined: they are reset
   */
  constructor(
    readonly refusal: Refusal,
    readonly answer: Uint8Array | undefined,
    isRepeated: boolean,
  ) {
    const { upstream, bytes, fetch } = refusal;
    super(upstream, "refusal", bytes.length, `it refused to answer: "${printable(firstLine(bytes), SHOWN)}"`);
    this.fetch = fetch;
    this.isRepeated = isRepeated;
  }
}

function firstLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0x0a);
  return end === -1 ? bytes : bytes.subarray(0, end + 1);
}
