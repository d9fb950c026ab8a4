import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Blocks } from "../../../src/protocols/buffers/blocks.ts";

const KIB = 1024;

/** A piece of that length, whose bytes identify their position. */
function piece(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) % 251);
}

/** Blocks with pieces of those lengths, and the pieces. */
function blocksOf(lengths: readonly number[]) {
  const capacities: number[] = [];
  const blocks = new Blocks({ takes: (bytes) => void capacities.push(bytes) });
  let end = 0;
  for (const length of lengths) {
    blocks.add(piece(length, end));
    end += length;
  }
  return { blocks, all: piece(end), capacities };
}

/** Everything from `position` on. */
function readFrom(blocks: Blocks, position: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = position, part; (part = blocks.from(at)) !== undefined; at += part.length) parts.push(part);
  return Buffer.concat(parts);
}

const someLengths = fc.array(fc.oneof(fc.nat(3), fc.nat(3000), fc.integer({ min: 16_000, max: 70_000 })), {
  maxLength: 30,
});

describe("Blocks", () => {
  test("return what was added, from any position, and as a whole", () => {
    fc.assert(
      fc.property(someLengths, fc.nat(1_000_000), (lengths, at) => {
        const { blocks, all } = blocksOf(lengths);
        const position = at % (all.length + 1);
        expect(blocks.end).toBe(all.length);
        expect(Buffer.compare(readFrom(blocks, position), all.subarray(position))).toBe(0);
        expect(Buffer.compare(blocks.whole(), all)).toBe(0);
        expect(blocks.whole().buffer.byteLength).toBe(all.length);
        expect(Buffer.compare(readFrom(blocks, position), all.subarray(position))).toBe(0);
      }),
    );
  });

  test("merge 300,000 pieces of one byte into few arrays", () => {
    const { blocks, capacities } = blocksOf(Array.from({ length: 300_000 }, () => 1));
    let arrays = 0;
    for (let at = 0, part; (part = blocks.from(at)) !== undefined; at += part.length) arrays++;
    expect(arrays).toBeLessThan(20);
    expect(capacities.at(-1)).toBeLessThan(400 * KIB);
  });

  test("keep a single piece, and long ones, unchanged", () => {
    const only = piece(10);
    const blocks = new Blocks();
    blocks.add(only);
    expect(blocks.whole()).toBe(only);
    const long = piece(100 * KIB);
    blocks.add(long);
    expect(blocks.from(10)?.buffer).toBe(long.buffer);
  });

  test("take little more memory than what was added, even with short pieces between long ones", () => {
    const { all, capacities } = blocksOf(Array.from({ length: 400 }, (_, i) => (i % 2 ? 20 * KIB : 1)));
    expect(Math.max(...capacities)).toBeLessThan(all.length + 70 * KIB);
  });

  test("drop what is before a position, block by block", () => {
    fc.assert(
      fc.property(someLengths, fc.nat(1_000_000), (lengths, at) => {
        const { blocks, all } = blocksOf(lengths);
        const position = at % (all.length + 1);
        blocks.drop(position);
        expect(blocks.start).toBeLessThanOrEqual(position);
        expect(blocks.firstEnd > position || blocks.start === all.length).toBe(true);
        blocks.add(piece(5, all.length));
        const rest = piece(all.length + 5).subarray(position);
        expect(Buffer.compare(readFrom(blocks, position), rest)).toBe(0);
      }),
    );
  });

  test("report their memory to the meter, including the copy that becomes the whole", () => {
    const { blocks, capacities } = blocksOf([20 * KIB, 20 * KIB]);
    expect(capacities).toEqual([20 * KIB, 40 * KIB]);
    blocks.whole();
    expect(capacities.slice(2)).toEqual([80 * KIB, 40 * KIB]);
  });
});
