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

test("GrowingBytes grows in place where its meter says so: told of every step, never of a copy", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 20 }),
      fc.boolean(),
      (lengths, isExpected) => {
        const told: number[] = [];
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const bytes = new GrowingBytes(2_000_000, {
          takes: (taken) => void told.push(taken),
          inPlaceFrom: 100_000,
        });
        if (isExpected) bytes.expect(total);
        lengths.forEach((length, i) => bytes.append(new Uint8Array(length).fill(i)));
        expect(Math.max(0, ...told)).toBeLessThan(total + 2 ** 16 + 200_000);
        const whole = Buffer.concat(lengths.map((length, i) => new Uint8Array(length).fill(i)));
        expect(Buffer.compare(bytes.view(), whole)).toBe(0);
        expect(Buffer.compare(bytes.exact(), whole)).toBe(0);
        expect(bytes.exact().buffer.byteLength).toBe(total);
        if (total > 200_000) expect(told.at(-1)).toBe(total);
      },
    ),
  );
});

test("GrowingBytes that has grown in place frees its memory at once, and can begin again", () => {
  const told: number[] = [];
  const bytes = new GrowingBytes(1_000_000, { takes: (taken) => void told.push(taken), inPlaceFrom: 1000 });
  bytes.append(new Uint8Array(1000));
  bytes.append(new Uint8Array(400_000));
  const { buffer } = bytes.view();
  bytes.clear();
  expect([buffer.byteLength, told.at(-1), bytes.length]).toEqual([0, 0, 0]);
  bytes.append(new Uint8Array(10).fill(1));
  bytes.append(new Uint8Array(10).fill(2));
  expect(bytes.exact()).toEqual(
    Uint8Array.from([...Array<number>(10).fill(1), ...Array<number>(10).fill(2)]),
  );
});

test("GrowingBytes does without growing in place where no addresses are left for that", () => {
  const bytes = new GrowingBytes(2 ** 50, { takes: () => {}, inPlaceFrom: 100 });
  bytes.append(new Uint8Array(100).fill(1));
  bytes.append(new Uint8Array(100).fill(2));
  expect(bytes.exact()).toEqual(Uint8Array.from({ length: 200 }, (_, i) => (i < 100 ? 1 : 2)));
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
