import { describe, expect, test } from "bun:test";
import { Writer, type Sink } from "../../src/observe/writer.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

const MEBIBYTE = 1024 * 1024;
const MINUTE = 60_000;

/** A sink whose reader takes as much as the test says. */
class SlowSink implements Sink {
  text = "";
  /** How much it was given each time. */
  readonly given: number[] = [];
  /** Free space, in bytes. */
  room = Infinity;
  /** The next writes fail. */
  error: Error | undefined = undefined;
  /** Whether writes complete only when the test says so. */
  isLate = false;
  #answer = (): void => {};

  write(bytes: Uint8Array, done: (taken: number | Error) => void): void {
    this.given.push(bytes.length);
    this.#answer = () => done(this.error ?? this.#take(bytes));
    if (!this.isLate) this.#answer();
  }

  answer(): void {
    this.#answer();
  }

  #take(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.room);
    this.room -= taken.length;
    this.text += Buffer.from(taken).toString();
    return taken.length;
  }
}

function stage(sink = new SlowSink()) {
  const clock = new ManualClock();
  const writer = new Writer(sink, clock, (dropped) => `${dropped} dropped\n`);
  return { clock, sink, writer };
}

/** A line of `bytes` bytes. */
function lineOf(bytes: number): string {
  return `${"x".repeat(bytes - 1)}\n`;
}

describe("Writer", () => {
  test("writes the lines of a turn of the event loop together, after it", () => {
    const { clock, sink, writer } = stage();
    for (const line of ["a\n", "b\n", "c\n"]) writer.write(line);
    expect(sink.given).toEqual([]);
    clock.turn();
    expect(sink.text).toBe("a\nb\nc\n");
    expect(sink.given).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test("continues where a sink stopped that accepted a part", () => {
    const { clock, sink, writer } = stage();
    sink.room = 3;
    writer.write("abcdef\n");
    clock.turn();
    expect(sink.text).toBe("abc");
    sink.room = Infinity;
    clock.advance(MINUTE);
    expect(sink.text).toBe("abcdef\n");
    expect(clock.pending).toBe(0);
  });

  test("retries a full sink, less and less often, and not for every line", () => {
    const { clock, sink, writer } = stage();
    sink.room = 0;
    for (let i = 0; i < 100; i++) {
      writer.write("line\n");
      clock.turn();
    }
    expect(sink.given).toHaveLength(1);
    clock.advance(100);
    expect(sink.given.length).toBeWithin(4, 10);
    const before = sink.given.length;
    clock.advance(MINUTE);
    expect(sink.given.length - before).toBeWithin(55, 75);
    sink.room = Infinity;
    clock.advance(1000);
    expect(sink.text).toBe("line\n".repeat(100));
    expect(clock.pending).toBe(0);
  });

  test("holds no more than 1 MiB, drops further lines, and reports their number", () => {
    const { clock, sink, writer } = stage();
    sink.room = 0;
    for (let i = 0; i < 3000; i++) {
      writer.write(lineOf(1024));
      if (i % 10 === 0) clock.turn();
      expect(writer.held).toBeLessThanOrEqual(MEBIBYTE);
    }
    sink.room = Infinity;
    clock.advance(MINUTE);
    const lines = sink.text.split("\n");
    const whole = lines.filter((line) => line.length === 1023).length;
    expect(whole).toBeWithin(1000, 1025);
    expect(lines.slice(whole)).toEqual([`${3000 - whole} dropped`, ""]);
    expect(writer.held).toBe(0);
  });

  test("counts bytes, not characters", () => {
    const { sink, writer } = stage();
    sink.room = 0;
    for (let i = 0; i < 2000; i++) writer.write(`${"€".repeat(500)}\n`);
    expect(writer.held).toBeWithin(MEBIBYTE - 3000, MEBIBYTE + 1);
  });

  test("reports a gap in its place, before the next line", () => {
    const { clock, sink, writer } = stage();
    sink.room = 0;
    writer.write(lineOf(MEBIBYTE - 2048));
    clock.turn();
    for (let i = 0; i < 2; i++) writer.write(lineOf(2048));
    sink.room = 4096;
    clock.advance(2);
    writer.write("between\n");
    writer.write(lineOf(6144));
    sink.room = Infinity;
    clock.advance(MINUTE);
    expect(sink.text.replace(/x+\n/, "")).toBe("2 dropped\nbetween\n1 dropped\n");
  });

  test("drops a line that is longer than its limit", () => {
    const { clock, sink, writer } = stage();
    writer.write(lineOf(2 * MEBIBYTE));
    writer.write("next\n");
    clock.turn();
    expect(sink.text).toBe("1 dropped\nnext\n");
  });

  test("drops what a sink cannot accept, retries with the next line, and then reports how many are lost", () => {
    const { clock, sink, writer } = stage();
    sink.error = new Error("ENOSPC");
    for (let i = 0; i < 3; i++) {
      writer.write("a\n");
      writer.write("b\n");
      clock.turn();
    }
    expect(writer.held).toBe(0);
    expect(clock.pending).toBe(0);
    sink.error = undefined;
    writer.write("c\n");
    clock.turn();
    expect(sink.text).toBe("6 dropped\nc\n");
  });

  test("begins a new line after one whose end was lost", () => {
    const { clock, sink, writer } = stage();
    sink.room = 4;
    writer.write("a\nbcd\n");
    clock.turn();
    sink.error = new Error("ENOSPC");
    clock.advance(MINUTE);
    writer.write("lost\n");
    clock.turn();
    Object.assign(sink, { error: undefined, room: Infinity });
    writer.write("e\n");
    clock.turn();
    expect(sink.text).toBe("a\nbc\n2 dropped\ne\n");
  });

  test("gives a busy sink nothing more, and the rest when it is done", () => {
    const { clock, sink, writer } = stage();
    sink.isLate = true;
    writer.write("a\n");
    clock.turn();
    writer.write("b\n");
    writer.write("c\n");
    clock.turn();
    expect(sink.given).toEqual([2]);
    sink.answer();
    expect(sink.given).toEqual([2, 4]);
    sink.answer();
    expect(sink.text).toBe("a\nb\nc\n");
  });

  test("writeNow() does not wait for the turn", () => {
    const { clock, sink, writer } = stage();
    writer.write("a\n");
    writer.writeNow();
    expect(sink.text).toBe("a\n");
    clock.turn();
    expect(sink.given).toHaveLength(1);
  });

  test("flush() fires when everything is written, at once if there is nothing", () => {
    const { clock, sink, writer } = stage();
    let flushed = 0;
    writer.flush(() => flushed++);
    expect(flushed).toBe(1);
    sink.room = 1;
    writer.write("a\n");
    writer.flush(() => flushed++);
    expect({ flushed, text: sink.text }).toEqual({ flushed: 1, text: "a" });
    sink.room = 1;
    clock.advance(MINUTE);
    expect({ flushed, text: sink.text }).toEqual({ flushed: 2, text: "a\n" });
  });

  test("flush() retries at once, and reports a gap", () => {
    const { clock, sink, writer } = stage();
    sink.room = 0;
    writer.write("a\n");
    clock.turn();
    clock.advance(MINUTE);
    for (let i = 0; i < 2; i++) writer.write(lineOf(2 * MEBIBYTE));
    sink.room = Infinity;
    let flushed = 0;
    writer.flush(() => flushed++);
    expect({ flushed, text: sink.text }).toEqual({ flushed: 1, text: "a\n2 dropped\n" });
    expect(clock.pending).toBe(0);
  });

  test("flush() gives up what cannot be written", () => {
    const { sink, writer } = stage();
    sink.error = new Error("EPIPE");
    writer.write("a\n");
    let flushed = 0;
    writer.flush(() => flushed++);
    expect({ flushed, held: writer.held }).toEqual({ flushed: 1, held: 0 });
  });
});
