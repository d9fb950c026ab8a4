import { expect, test } from "bun:test";
import { Outbox, type Sink } from "../../src/net/socket/outbox.ts";

/** A kernel that takes as much as the test says, and records it. */
class Kernel implements Sink {
  room: number;
  readonly taken: number[] = [];
  readonly buffers = new Set<Uint8Array>();

  constructor(room: number) {
    this.room = room;
  }

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.room < 0) return -1;
    const count = Math.min(this.room, length);
    this.taken.push(...bytes.subarray(offset, offset + count));
    this.buffers.add(bytes);
    this.room -= count;
    return count;
  }
}

function outboxOf(...chunks: number[][]): Outbox {
  const outbox = new Outbox();
  for (const chunk of chunks) outbox.add(Uint8Array.from(chunk));
  return outbox;
}

test("Outbox.flush() returns empty when the kernel accepted everything", () => {
  const kernel = new Kernel(10);
  const outbox = outboxOf([1, 2, 3], [4, 5]);
  expect(outbox.flush(kernel)).toBe("empty");
  expect(kernel.taken).toEqual([1, 2, 3, 4, 5]);
  expect(outbox.isEmpty).toBe(true);
});

test("Outbox.flush() continues where the kernel stopped, across chunks", () => {
  const kernel = new Kernel(4);
  const outbox = outboxOf([1, 2, 3], [4, 5, 6], [7]);
  expect(outbox.flush(kernel)).toBe("full");
  expect(outbox.unsent).toBe(3);
  kernel.room = 2;
  expect(outbox.flush(kernel)).toBe("full"); // At the very end of a chunk there may be more.
  kernel.room = 9;
  expect(outbox.flush(kernel)).toBe("empty");
  expect(kernel.taken).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("Outbox.flush() on an empty outbox is not an error: Bun calls drain needlessly", () => {
  expect(outboxOf().flush(new Kernel(0))).toBe("empty");
});

test("Outbox.flush() returns lost when the peer is gone, and releases the answer", () => {
  const outbox = outboxOf([1, 2, 3]);
  expect(outbox.flush(new Kernel(-1))).toBe("lost");
  expect(outbox.isEmpty).toBe(true);
  expect(outbox.unsent).toBe(0);
});

test("Outbox.add() keeps no empty chunk, which would look like a full kernel", () => {
  expect(outboxOf([]).isEmpty).toBe(true);
});

test("Outbox.flush() passes on the same array that it got: a thousand clients share one answer", () => {
  const kernel = new Kernel(2);
  const answer = Uint8Array.from([1, 2, 3]);
  const outbox = new Outbox();
  outbox.add(answer);
  outbox.flush(kernel);
  kernel.room = 2;
  outbox.flush(kernel);
  expect([...kernel.buffers]).toEqual([answer]);
  expect([...kernel.buffers][0]).toBe(answer);
});
