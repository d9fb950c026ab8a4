import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { openSink } from "../../src/process/sink.ts";
import { nextTurn } from "../support/next-turn.ts";
import { TempDir } from "../support/temp-dir.ts";
import { KINDS, Unread } from "../support/unread.ts";

const bytes = new Uint8Array(4096).fill(120);

/** The outcome of a write of `bytes`. */
function write(sink: ReturnType<typeof openSink>): Promise<number | Error> {
  return new Promise((done) => sink.write(bytes, done));
}

describe("openSink()", () => {
  test.each(["terminal", "pipe"] as const)(
    "of a %s takes what there is room for, and never waits",
    async (kind) => {
      using unread = new Unread(kind);
      const sink = openSink(unread.writeEnd);
      let written = 0;
      for (let taken; (taken = await write(sink)) !== 0; written += taken as number)
        expect(taken).toBeWithin(1, bytes.length + 1);
      expect(written).toBeGreaterThan(4096);
      expect(unread.read()).toBe("x".repeat(written));
      expect(await write(sink)).toBe(bytes.length);
    },
  );

  test("of a socket does not make other writers wait for its reader", async () => {
    using unread = new Unread("socket");
    const sink = openSink(unread.writeEnd);
    const whole = 4 * 1024 * 1024; // More than the kernel buffers.
    let written = 0;
    const done = (async () => {
      while (written < whole) written += (await write(sink)) as number;
    })();
    for (let i = 0; i < 1000; i++) await nextTurn(); // The turns pass although nobody reads.
    expect(written).toBeLessThan(whole);
    await unread.until((text) => text.length === whole);
    await done;
  });

  test.each(KINDS)("of a %s does not change it for others that write to it", (kind) => {
    using unread = new Unread(kind);
    const flags = flagsOf(unread.writeEnd);
    openSink(unread.writeEnd);
    expect(flagsOf(unread.writeEnd)).toBe(flags);
  });

  test("of a file appends to the file", async () => {
    await using dir = new TempDir();
    const path = await dir.write("log", "");
    const fd = openSync(path, "w");
    const sink = openSink(fd);
    for (let i = 0; i < 2; i++) expect(await write(sink)).toBe(bytes.length);
    expect(readFileSync(path, "utf8")).toBe("x".repeat(2 * bytes.length));
    closeSync(fd);
  });

  test("of a full disk reports why nothing is written", async () => {
    const fd = openSync("/dev/full", "w");
    expect(await write(openSink(fd))).toMatchObject({ code: "ENOSPC" });
    closeSync(fd);
  });

  test.each(["pipe", "socket"] as const)("of a %s whose reader has gone says so", async (kind) => {
    using unread = new Unread(kind);
    const sink = openSink(unread.writeEnd);
    unread.hangUp();
    expect(await write(sink)).toMatchObject({ code: "EPIPE" });
  });

  test("of a descriptor that is closed says so", async () => {
    expect(await write(openSink(9999))).toMatchObject({ code: "EBADF" });
  });
});

function flagsOf(fd: number): string | undefined {
  return /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
}
