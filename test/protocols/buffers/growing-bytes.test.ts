import { expect, test } from "bun:test";
import fc from "fast-check";
import { GrowingBytes } from "../../../src/protocols/buffers/growing-bytes.ts";

test("GrowingBytes has what was appended, however it came, and does not change that", () => {
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

test("GrowingBytes keeps a message of one piece without copying it, and has no spare room in the end", () => {
  const piece = new Uint8Array(10);
  const bytes = new GrowingBytes(100);
  bytes.append(piece);
  expect(bytes.exact()).toBe(piece);
  bytes.append(piece.subarray(0, 1));
  expect(bytes.exact().buffer.byteLength).toBe(11);
});

test("GrowingBytes that expect a length have an array of exactly that length in the end, without another copy", () => {
  const bytes = new GrowingBytes(1000);
  bytes.append(new Uint8Array(100));
  bytes.expect(250);
  for (let i = 0; i < 3; i++) bytes.append(new Uint8Array(50));
  expect(bytes.exact().buffer).toBe(bytes.view().buffer);
  expect(bytes.exact()).toHaveLength(250);
});

test("GrowingBytes report their memory to the meter before they take it, including the copy while they grow", () => {
  const told: number[] = [];
  const bytes = new GrowingBytes(1000, {
    takes(taken) {
      if (taken > 1000) throw new Error("no room");
      told.push(taken);
    },
  });
  bytes.append(new Uint8Array(100));
  bytes.append(new Uint8Array(50));
  bytes.append(new Uint8Array(50));
  expect(told).toEqual([100, 300, 200]);
  bytes.append(new Uint8Array(200));
  expect(() => bytes.append(new Uint8Array(300))).toThrow("no room");
  expect(bytes.length).toBe(400);
});
