import { fromLatin1, toLatin1 } from "./bytes.ts";
import type { Meter } from "./buffers/meter.ts";
import { FrameError, FrameReader, type FrameRule } from "./frame.ts";
import { netstring, netstringContent, toNetstring } from "./netstring.ts";
import type { Sink } from "./one-shot.ts";

/** A request to a transformation server: a poem and the name of the transformation. */
export interface TransformRequest {
  readonly name: string;
  readonly poem: Uint8Array;
}

const DOT = 0x2e;
const COLON = 0x3a;
const LONGEST_NAME = 64;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_BEGUN = /^[A-Za-z0-9_-]{0,64}$/;
const NAMED = /^([A-Za-z0-9_-]{1,64})\./;

/** Whether `text` is a valid name for a transformation. */
export function isTransformName(text: string): boolean {
  return NAME.test(text);
}

/** The wire format of a request: the netstring of `name.poem`. */
export function toTransformRequest({ name, poem }: TransformRequest): Uint8Array {
  return toNetstring(fromLatin1(`${name}.`), poem);
}

/** Makes a reader of one request. An invalid name is refused before the poem has arrived. */
export function transformRequestReader(maxPoem: number, meter?: Meter): FrameReader {
  const rule: FrameRule = {
    length(bytes, from) {
      const length = netstring.length(bytes, from);
      if (length !== -1) checkContent(bytes, length, maxPoem);
      return length;
    },
    endsWithInput: false,
  };
  return new FrameReader(rule, roomFor(LONGEST_NAME + 1 + maxPoem), meter);
}

/** Decodes a request that a `transformRequestReader` has read. The poem is not copied. */
export function readTransformRequest(frame: Uint8Array): TransformRequest {
  const content = netstringContent(frame);
  const dot = content.indexOf(DOT);
  return { name: toLatin1(content.subarray(0, dot)), poem: content.subarray(dot + 1) };
}

/**
 * Reads the answer of a transformation server: exactly one netstring, with at most `maxPoem` bytes of content. A server
 * that closes without sending a byte does not know the name or refuses the request.
 */
export function transformAnswer(maxPoem: number, meter?: Meter): Sink<Uint8Array> {
  const reader = new FrameReader(netstring, roomFor(maxPoem), meter);
  let received = 0;
  let answer: Uint8Array | undefined;
  return {
    take(bytes) {
      received += bytes.length;
      answer ??= reader.take(bytes)?.bytes;
      if (answer && answer.length < received) throw new FrameError("malformed", "bytes after the netstring");
    },
    end() {
      if (received === 0) {
        const detail = "closed without answering: unknown transformation, or request refused";
        throw new FrameError("incomplete", detail);
      }
      return answer ?? reader.end().bytes;
    },
    drop: () => reader.discard(),
  };
}

/** @throws {FrameError} if a netstring of `length` bytes that begins like this cannot be a valid request */
function checkContent(bytes: Uint8Array, length: number, maxPoem: number): void {
  const start = bytes.indexOf(COLON) + 1;
  const end = Math.min(start + LONGEST_NAME + 1, length - 1);
  const head = toLatin1(bytes.subarray(start, end));
  const name = NAMED.exec(head)?.[1];
  if (name === undefined) {
    if (start + head.length < end && NAME_BEGUN.test(head)) return; // The rest of the name has not arrived yet.
    throw new FrameError("malformed", "without a name and a dot at its start");
  }
  if (length - 1 - start - `${name}.`.length > maxPoem) {
    throw new FrameError("too_long", `with a poem longer than ${maxPoem} bytes`);
  }
}

/** Bytes of a netstring with `content` bytes of content. */
function roomFor(content: number): number {
  return `${content}:`.length + content + 1;
}
