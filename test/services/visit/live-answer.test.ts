import { describe, expect, test } from "bun:test";
import { TooLongError } from "../../../src/protocols/one-shot.ts";
import { LiveAnswer } from "../../../src/services/visit/live-answer.ts";
import { LiveReader } from "../../../src/services/visit/live-reader.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

const bytes = (text: string) => Buffer.from(text);

function setUp(limit = 100) {
  const clock = new ManualClock();
  const live = new LiveAnswer(clock, limit);
  const upstream = new FakeTransport();
  live.setSource(upstream);
  /** A client that reads the answer as it arrives. */
  const join = () => {
    const transport = new FakeTransport();
    return { transport, reader: live.join(transport) };
  };
  return { clock, live, upstream, join };
}

describe("LiveAnswer", () => {
  test("sends every reader all of it from the first byte, whenever they join", () => {
    const { live, join } = setUp();
    const early = join();
    live.take(bytes("po"));
    const late = join();
    expect([early.transport.written, late.transport.written]).toEqual(["po", "po"]);
    live.take(bytes("em"));
    expect(live.end()).toEqual(bytes("poem"));
    expect(early.transport.end).toBeUndefined(); // It is yet to be validated.
    live.finish("ok");
    for (const { transport } of [early, late]) {
      expect([transport.written, transport.end]).toEqual(["poem", "close"]);
    }
  });

  test("lets each reader go at its own pace", () => {
    const { live, join } = setUp();
    const [quick, slow] = [join(), join()];
    slow.transport.unsent = 1;
    live.take(bytes("po"));
    live.take(bytes("em"));
    live.finish("ok");
    expect([quick.transport.written, quick.transport.end]).toEqual(["poem", "close"]);
    expect([slow.transport.written, slow.transport.end]).toEqual(["", undefined]);
    slow.transport.unsent = 0;
    slow.reader.advance();
    expect([slow.transport.written, slow.transport.end]).toEqual(["poem", "close"]);
  });

  test("resets every reader when it fails, including those that have not read what arrived", () => {
    const { live, join } = setUp();
    const [quick, slow] = [join(), join()];
    slow.transport.unsent = 1;
    live.take(bytes("po"));
    live.finish("upstream/data/reset");
    expect([quick.transport.written, quick.transport.end]).toEqual(["po", "abort"]);
    expect([slow.transport.written, slow.transport.end]).toEqual(["", "abort"]);
    expect(live.isJoinable).toBe(false);
  });

  test("feeds thousands over several turns of the event loop, and none misses a piece", () => {
    const { clock, live, join } = setUp();
    const readers = Array.from({ length: 1000 }, join);
    live.take(bytes("po"));
    expect(readers.filter(({ transport }) => transport.written !== "").length).toBeLessThan(200);
    live.take(bytes("em"));
    live.finish("ok");
    while (clock.pending > 0) clock.turn();
    for (const { transport } of readers)
      expect([transport.written, transport.end]).toEqual(["poem", "close"]);
  });

  test("streams what is too long to keep to present readers, and then drops it", () => {
    const { live, join } = setUp(3);
    const reader = join();
    live.take(bytes("po"));
    expect(live.isJoinable).toBe(true);
    live.take(bytes("em"));
    expect(live.isJoinable).toBe(false);
    live.take(bytes("!"));
    expect(() => live.end()).toThrow(TooLongError); // It is not kept.
    expect([reader.transport.written, reader.transport.end]).toEqual(["poem!", "close"]);
  });

  test("makes the upstream wait for the slowest reader if the answer is too long to keep, and only then", () => {
    const { live, upstream, join } = setUp(4_000_000);
    const [quick, slow] = [join(), join()];
    slow.transport.unsent = 1;
    const piece = Buffer.alloc(1_500_000);
    live.take(piece);
    live.take(piece);
    expect(upstream.isPaused).toBe(false); // It may be kept: slow readers can catch up.
    live.take(piece);
    expect(upstream.isPaused).toBe(true);
    slow.transport.unsent = 0;
    slow.reader.advance();
    expect(upstream.isPaused).toBe(false);
    expect(quick.transport.written.length).toBe(slow.transport.written.length);
  });

  test("looks at all readers once per piece, not once per reader that advanced", () => {
    const { clock, live, join } = setUp(3);
    const readers = Array.from({ length: 1000 }, join);
    let looks = 0;
    for (const { reader } of readers) {
      Object.defineProperty(reader, "position", {
        get: () => (looks++, Reflect.get(LiveReader.prototype, "position", reader)),
      });
    }
    live.take(bytes("poem"));
    while (clock.pending > 0) clock.turn();
    expect(looks).toBeLessThanOrEqual(3 * readers.length);
  });

  test("makes the upstream wait when its only reader stops reading, and drops what that has read", () => {
    const { live, upstream, join } = setUp(2_000_000);
    const { transport, reader } = join();
    live.take(Buffer.alloc(1_500_000));
    transport.unsent = 1;
    live.take(Buffer.alloc(600_000));
    expect(upstream.isPaused).toBe(false); // The reader lags by less than is allowed.
    live.take(Buffer.alloc(600_000));
    expect(upstream.isPaused).toBe(true);
    transport.unsent = 0;
    reader.advance();
    expect(upstream.isPaused).toBe(false);
  });

  test("does not wait for a reader that has left", () => {
    const { live, upstream, join } = setUp(3);
    join();
    const slow = join();
    slow.transport.unsent = 1;
    live.take(Buffer.alloc(2_000_000));
    expect(upstream.isPaused).toBe(true);
    live.leave(slow.reader);
    expect(upstream.isPaused).toBe(false);
  });

  test("fails if the answer is too long to keep and has no readers", () => {
    const { live, join } = setUp(3);
    const { reader } = join();
    live.take(bytes("po"));
    live.leave(reader);
    expect(() => live.take(bytes("em"))).toThrow(TooLongError);
  });

  test("sends latecomers 300,000 pieces of one byte in a few writes, and further ones in turns", () => {
    const { clock, live, join } = setUp(1_000_000);
    for (let i = 0; i < 300_000; i++) live.take(Uint8Array.of(i % 251));
    const late = Array.from({ length: 30 }, join);
    const served = () => late.filter(({ transport }) => transport.bytesOut === 300_000).length;
    expect(served()).toBe(1);
    clock.turn();
    expect(served()).toBeLessThan(late.length);
    while (clock.pending > 0) clock.turn();
    expect(served()).toBe(late.length);
    for (const { transport } of late) expect(transport.writes).toBeLessThan(20);
  });

  test("skips readers that left before their turn", () => {
    const { clock, live, join } = setUp(1_000_000);
    join();
    live.take(Buffer.alloc(200_000));
    const [first, second] = [join(), join()];
    live.leave(second.reader);
    while (clock.pending > 0) clock.turn();
    expect([first.transport.bytesOut, second.transport.bytesOut]).toEqual([200_000, 0]);
  });

  test("sends those that are behind the rest of the kept array, and holds no other", () => {
    const { live, join } = setUp(1_000_000);
    const { transport, reader } = join();
    transport.unsent = 1;
    for (let i = 0; i < 10; i++) live.take(Buffer.alloc(50_000, i));
    const whole = live.end();
    live.finish("ok");
    expect(live.size).toBe(whole.byteLength);
    transport.unsent = 0;
    reader.advance();
    expect(transport.writes).toBe(1);
    expect([transport.bytesOut, transport.end]).toEqual([500_000, "close"]);
  });
});
