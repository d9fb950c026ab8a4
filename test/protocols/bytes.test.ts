import { expect, test } from "bun:test";
import fc from "fast-check";
import { fromLatin1, GrowingBytes, toLatin1 } from "../../src/protocols/bytes.ts";

test("toLatin1() and fromLatin1() have a character for each byte", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) =>
      expect(new Uint8Array(fromLatin1(toLatin1(bytes)))).toEqual(bytes),
    ),
  );
  expect(toLatin1(Uint8Array.of(0, 0x41, 0xff).subarray(1))).toBe("A\xff");
});

test("GrowingBytes has what was appended, however it came, and leaves that alone", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(100), (pieces, mostRoom) => {
      const given = pieces.map((piece) => piece.slice());
      const bytes = new GrowingBytes(mostRoom);
      for (const piece of given) bytes.append(piece);
      const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      expect(new Uint8Array(bytes.view())).toEqual(whole);
      expect(new Uint8Array(bytes.exact())).toEqual(whole);
      expect(bytes.length).toBe(whole.length);
      expect(given).toEqual(pieces);
    }),
  );
});

test("GrowingBytes keeps a message of one piece without copying it, and no room to spare in the end", () => {
  const piece = new Uint8Array(10);
  const bytes = new GrowingBytes(100);
  bytes.append(piece);
  expect(bytes.exact()).toBe(piece);
  bytes.append(piece.subarray(0, 1));
  expect(bytes.exact().buffer.byteLength).toBe(11);
});
