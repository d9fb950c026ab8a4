import * as fc from "fast-check";
import { FrameError } from "../../../src/protocols/frame.ts";
import {
  proxyHeaderReader,
  readProxyHeader,
  writeProxyHeader,
} from "../../../src/protocols/peers/proxy-header.ts";

/** A reader's verdict on pieces: where the header ends and what it says, why there is none, or nothing yet. */
function verdict(pieces: Iterable<Uint8Array>): string {
  const reader = proxyHeaderReader();
  try {
    for (const piece of pieces) {
      const header = reader.take(piece);
      if (header) return `${header.bytes.length}: ${JSON.stringify(readProxyHeader(header.bytes))}`;
    }
    return "more to come";
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
    throw error;
  }
}

function* oneByOne(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

/**
 * Gives `runs` inputs to a reader, whole and byte by byte: headers with a few changes, and bytes that only begin like
 * one.
 */
export function fuzzHeaders(runs: number, seed: number): void {
  fc.assert(
    fc.property(inputs(), (bytes) => {
      const [whole, byByte] = [verdict([bytes]), verdict(oneByOne(bytes))];
      // Too long and malformed at once: which is reported depends on how much has arrived.
      const isSame = whole === byByte || (isFault(whole) && isFault(byByte));
      if (!isSame) throw new Error(`${whole} in one piece, ${byByte} byte by byte`);
    }),
    { numRuns: runs, seed },
  );
}

function isFault(verdictText: string): boolean {
  return verdictText === "malformed" || verdictText === "too_long";
}

/** Headers with a few changes, and bytes that only begin like one. */
export function inputs(): fc.Arbitrary<Uint8Array> {
  const byte = fc.integer({ min: 0, max: 255 });
  const change = fc.tuple(fc.nat(300), fc.oneof(byte, fc.constantFrom(0, 0x0a, 0x0d, 0x20, 0x21, 0xff)));
  const rest = fc.uint8Array({ maxLength: 120 });
  const changed = fc
    .tuple(headers(), fc.array(change, { maxLength: 3 }), fc.nat(400), rest)
    .map(([header, changes, cut, more]) => {
      const bytes = Buffer.concat([header, more]);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      return cut < 20 ? bytes.subarray(0, cut * 3) : bytes;
    });
  const begun = fc
    .tuple(fc.constantFrom("PROXY ", "PROXY TCP4 ", "PROXY TCP6 ", "\r\n\r\n\0\r\nQUIT\n", "\r\n", ""), rest)
    .map(([start, more]) => Buffer.concat([Buffer.from(start), more]));
  return fc.oneof({ weight: 3, arbitrary: changed }, { weight: 1, arbitrary: begun });
}

function headers(): fc.Arbitrary<Uint8Array> {
  const address = fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 0, max: 65_535 }))
    .map(([host, port]) => ({ host, port }));
  const route = fc.option(fc.record({ source: address, destination: address }), { nil: undefined });
  const extensions = fc.array(fc.tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 20 })), {
    maxLength: 3,
  });
  return fc.oneof(
    route.map((each) => writeProxyHeader("v1", each)),
    fc.tuple(route, extensions).map(([each, more]) => extended(writeProxyHeader("v2", each), more)),
  );
}

/** A header of version 2 with extensions at its end. */
function extended(header: Uint8Array, extensions: readonly [number, Uint8Array][]): Uint8Array {
  const parts = extensions.map(([type, value]) => Uint8Array.of(type, 0, value.length, ...value));
  const bytes = Buffer.concat([header, ...parts]);
  bytes.writeUInt16BE(bytes.length - 16, 14);
  return bytes;
}
