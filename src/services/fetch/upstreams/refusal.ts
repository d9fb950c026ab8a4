import type { Address } from "../../../net/address.ts";
import { toLatin1 } from "../../../protocols/bytes.ts";
import type { Frame } from "../../../protocols/frame.ts";
import { printable } from "../../../protocols/printable.ts";
import { repeatsRequest } from "../answer-rules.ts";
import { FetchError } from "../errors.ts";

/** Bytes of a refusal that its error shows. */
const SHOWN = 80;

/** What an upstream said instead of an answer: that it has been asked too often. It is remembered while that one is held down. */
export class Refusal {
  /**
   * @param request what it was asked
   * @param bytes what it said
   * @param fetch the number of the fetch that got it
   */
  constructor(
    readonly upstream: Address,
    readonly request: Frame,
    readonly bytes: Uint8Array,
    readonly fetch: number,
  ) {}

  /** As the failure of the fetch that got it. */
  asError(): RefusalError {
    return new RefusalError(this, this.bytes, false);
  }

  /**
   * As the failure of a later fetch, which the upstream does not hear of. Whoever asks for something else gets the same
   * words, unless they repeat the request that they were the answer to: they may look like a refusal only because of it.
   */
  repeatedFor(request: Frame): RefusalError {
    const asked = toLatin1(this.request.bytes);
    const text = asked.trim();
    const isMeant = asked === toLatin1(request.bytes) || text === "" || !repeatsRequest(this.bytes, text);
    return new RefusalError(this, isMeant ? this.bytes : undefined, true);
  }
}

/** A fetch got a refusal, or would get it again. */
export class RefusalError extends FetchError {
  /**
   * @param refusal what was said, and to what
   * @param answer what those get who have no old answer to fall back on; undefined: nothing, they are reset
   */
  constructor(
    readonly refusal: Refusal,
    readonly answer: Uint8Array | undefined,
    isRepeated: boolean,
  ) {
    const { upstream, bytes, fetch } = refusal;
    super(upstream, "refusal", bytes.length, `it refuses to answer: "${printable(firstLine(bytes), SHOWN)}"`);
    this.fetch = fetch;
    this.isRepeated = isRepeated;
  }
}

function firstLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0x0a);
  return end === -1 ? bytes : bytes.subarray(0, end + 1);
}
