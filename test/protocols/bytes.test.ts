import { expect, test } from "bun:test";
import fc from "fast-check";
import { fromLatin1, toLatin1 } from "../../src/protocols/bytes.ts";

test("toLatin1() and fromLatin1() map each byte to a character", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) =>
      expect(new Uint8Array(fromLatin1(toLatin1(bytes)))).toEqual(bytes),
    ),
  );
  expect(toLatin1(Uint8Array.of(0, 0x41, 0xff).subarray(1))).toBe("A\xff");
});
