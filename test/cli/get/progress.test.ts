import { describe, expect, test } from "bun:test";
import { Progress } from "../../../src/cli/get/progress.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

/** A terminal with two control sequences: cursor up, and erase below. */
class Screen {
  lines = [""];
  drawings = 0;
  columns = 80;
  rows = 24;
  isStopped = false;

  readonly write = (text: string): void => {
    this.drawings++;
    const [before = "", ...rest] = text.split("\x1b[");
    this.#put(before);
    for (const each of rest) {
      const [, up, after = ""] = /^(\d*)[AJ]([^]*)$/.exec(each) ?? [];
      const reached = Math.min(Number(up), this.rows - 1); // Lines that have scrolled off the screen cannot be changed.
      if (up) this.lines = [...this.lines.slice(0, -1 - reached), ""];
      this.#put(after);
    }
  };

  isBehind(): boolean {
    return this.isStopped;
  }

  #put(text: string): void {
    this.lines = [...this.lines.slice(0, -1), ...(this.lines.at(-1) + text).split("\n")];
  }
}

function stage({ names = ["a:1", "b:2"], screen = new Screen(), showsPoems = true } = {}) {
  const clock = new ManualClock();
  return { screen, clock, progress: new Progress(names, clock, screen, showsPoems) };
}

describe("Progress", () => {
  test("has a line for each server from the start", () => {
    const { screen } = stage();
    expect(screen.lines).toEqual(["a:1: connecting", "b:2: connecting", ""]);
  });

  test("redraws its lines in place, no more often than they can be read", () => {
    const { screen, clock, progress } = stage();
    const before = screen.drawings;
    for (let i = 0; i < 1000; i++) progress.update(1, `b:2: ${i} bytes`);
    expect(screen.drawings).toBe(before);
    clock.advance(100);
    progress.update(1, "b:2: 1000 bytes");
    expect(screen.lines).toEqual(["a:1: connecting", "b:2: 1000 bytes", ""]);
  });

  test("truncates a line that the terminal would wrap", () => {
    const { screen, progress } = stage();
    screen.columns = 8;
    progress.update(0, "a:1: 1234567 bytes", true);
    expect(screen.lines).toEqual(["a:1: 123", "b:2: con", ""]);
  });

  test("shows the end of a poem without delay", () => {
    const { screen, progress } = stage();
    progress.update(0, "a:1: done", true);
    expect(screen.lines).toEqual(["a:1: done", "b:2: connecting", ""]);
  });

  test("makes room for a poem, and returns after it", () => {
    const { screen, progress } = stage();
    progress.erase();
    progress.erase();
    expect(screen.lines).toEqual([""]);
    screen.write("a poem\n");
    progress.update(1, "b:2: 1 bytes");
    expect(screen.lines).toEqual(["a poem", "a:1: connecting", "b:2: 1 bytes", ""]);
  });

  test.each([
    [true, ["no line feed", "a:1: done", "b:2: connecting", ""]],
    [false, ["a:1: done", "b:2: connecting", ""]],
  ])("keeps off a poem that ends in the middle of a line; shown here: %p", (showsPoems, lines) => {
    const { screen, progress } = stage({ showsPoems });
    progress.erase();
    if (showsPoems) screen.write("no line feed");
    progress.printed(Buffer.from("no line feed"));
    for (let i = 0; i < 3; i++) progress.update(0, "a:1: done", true);
    expect(screen.lines).toEqual(lines);
  });

  test("shows those under way if there are more servers than rows, and all of them at the end", () => {
    const screen = new Screen();
    screen.rows = 4;
    const names = ["a", "b", "c", "d", "e"];
    const { progress } = stage({ screen, names });
    expect(screen.lines).toEqual(["a: connecting", "b: connecting", "and 3 more, 0 of them finished", ""]);
    for (const [index, name] of ["a", "c"].entries()) progress.update(index * 2, `${name}: done`, true);
    expect(screen.lines).toEqual(["b: connecting", "d: connecting", "and 3 more, 2 of them finished", ""]);
    for (const [index, name] of names.entries()) progress.update(index, `${name}: done`, true);
    expect(screen.lines).toEqual(["and 5 more, 5 of them finished", ""]);
    progress.finish();
    expect(screen.lines).toEqual([...names.map((name) => `${name}: done`), ""]);
  });

  test("draws nothing on a terminal that has stopped, and everything when it continues", () => {
    const { screen, clock, progress } = stage();
    screen.isStopped = true;
    const before = screen.drawings;
    for (let i = 0; i < 100; i++) {
      clock.advance(1000);
      progress.update(0, `a:1: ${i} bytes`, true);
    }
    expect(screen.drawings).toBe(before);
    screen.isStopped = false;
    progress.update(1, "b:2: 1 bytes");
    expect(screen.lines).toEqual(["a:1: 99 bytes", "b:2: 1 bytes", ""]);
  });

  test("leaves its last state on the screen", () => {
    const { screen, clock, progress } = stage();
    progress.update(0, "a:1: 5 bytes");
    progress.finish();
    expect(screen.lines).toEqual(["a:1: 5 bytes", "b:2: connecting", ""]);
    progress.erase();
    expect(screen.lines).toEqual(["a:1: 5 bytes", "b:2: connecting", ""]);
    expect(clock.pending).toBe(0);
  });
});
