import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { fromEntryBytes, toEntryBytes } from "../../src/stores/entry-bytes.ts";

const byteText = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

const entry = fc.record({
  key: fc.oneof(byteText, fc.constant("\ufeffkey\u2026")),
  bytes: fc.uint8Array({ maxLength: 200 }),
  lifetime: fc.record({
    ttl: fc.constantFrom(1, 7_200_000, Infinity),
    grace: fc.constantFrom(0, 30_000, Infinity),
    staleIfError: fc.constantFrom(0, 86_400_000),
  }),
  number: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  storedAt: fc.integer({ min: 0, max: 2 ** 42 }),
});

test("fromEntryBytes() reads what toEntryBytes() wrote", () => {
  fc.assert(
    fc.property(entry, (each) => {
      expect(fromEntryBytes(toEntryBytes(each), each.key)).toEqual(each);
    }),
  );
});

test("fromEntryBytes() rejects an entry with a bit flipped, a byte less or a byte more", () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.nat(7), (each, at, bit) => {
      const whole = toEntryBytes(each);
      const flipped = whole.slice();
      const index = at % whole.length;
      flipped[index] = (whole[index] as number) ^ (1 << bit);
      expect(fromEntryBytes(flipped, each.key)).toBeUndefined();
      expect(fromEntryBytes(whole.subarray(0, index), each.key)).toBeUndefined();
      expect(fromEntryBytes(Buffer.concat([whole, Buffer.from([0])]), each.key)).toBeUndefined();
    }),
  );
});

test("fromEntryBytes() rejects an entry of another key", () => {
  const lifetime = { ttl: 1, grace: 0, staleIfError: 0 };
  const bytes = toEntryBytes({ key: "one", bytes: new Uint8Array(3), lifetime, number: 1, storedAt: 0 });
  expect(fromEntryBytes(bytes, "two")).toBeUndefined();
});
