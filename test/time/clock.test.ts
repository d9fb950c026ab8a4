import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";
import type { Socket } from "bun";
import { systemClock } from "../../src/time/clock.ts";

const LONGEST_TIMER = 2 ** 31 - 1;
const MONTH = 30 * 24 * 3600 * 1000;

/** Bun's fake clock takes steps of 49 days at most. */
function elapse(ms: number): void {
  for (let rest = ms; rest > 0; rest -= LONGEST_TIMER) {
    jest.advanceTimersByTime(Math.min(rest, LONGEST_TIMER));
  }
}

describe("systemClock.callLater()", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test.each([2, 1500, LONGEST_TIMER])("calls back after %d ms, once, and not before", (ms) => {
    const fn = jest.fn();
    systemClock.callLater(ms, fn);
    jest.advanceTimersByTime(ms - 1);
    expect(fn).toHaveBeenCalledTimes(0);
    jest.advanceTimersByTime(1);
    expect(fn).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(ms + 1);
    expect(fn).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([LONGEST_TIMER + 1, MONTH, 3 * LONGEST_TIMER + 7])(
    "waits for %d ms, more than setTimeout() can",
    (ms) => {
      const fn = jest.fn();
      systemClock.callLater(ms, fn);
      jest.advanceTimersByTime(1000);
      expect(fn).toHaveBeenCalledTimes(0);
      elapse(ms - 1001);
      expect(fn).toHaveBeenCalledTimes(0);
      jest.advanceTimersByTime(2);
      expect(fn).toHaveBeenCalledTimes(1);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  test("never calls back after Infinity, and sets no timer", () => {
    const fn = jest.fn();
    const call = systemClock.callLater(Infinity, fn);
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(MONTH);
    call.cancel();
    call.cancel();
    expect(fn).toHaveBeenCalledTimes(0);
  });

  test("can be cancelled twice, and after it has run", () => {
    const cancelled = jest.fn();
    const early = systemClock.callLater(10, cancelled);
    early.cancel();
    early.cancel();
    const fn = jest.fn();
    const late = systemClock.callLater(10, fn);
    jest.advanceTimersByTime(10);
    late.cancel();
    late.cancel();
    expect(cancelled).toHaveBeenCalledTimes(0);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("can be cancelled in the second leg of a long wait", () => {
    const fn = jest.fn();
    const call = systemClock.callLater(MONTH, fn);
    jest.advanceTimersByTime(LONGEST_TIMER + 1);
    expect(jest.getTimerCount()).toBe(1);
    call.cancel();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(MONTH);
    expect(fn).toHaveBeenCalledTimes(0);
  });
});

test("systemClock.now() does not follow the wall clock", () => {
  jest.useFakeTimers();
  try {
    const before = systemClock.now();
    jest.advanceTimersByTime(250);
    expect(systemClock.now() - before).toBe(250);
    jest.setSystemTime(new Date(0));
    expect(systemClock.now()).toBe(before + 250);
  } finally {
    jest.useRealTimers();
  }
});

test("systemClock.nextTurn() waits for the microtasks of this turn, and keeps the order", async () => {
  const order: string[] = [];
  const turned = new Promise<void>((resolve) => {
    systemClock.nextTurn(() => order.push("first"));
    systemClock.nextTurn(() => {
      order.push("second");
      resolve();
    });
  });
  await Promise.resolve().then(() => order.push("microtask"));
  expect(order).toEqual(["microtask"]);
  await turned;
  expect(order).toEqual(["microtask", "first", "second"]);
});

/** Blocks the loop, like a stopped process. */
function stall(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Both ends of a connection, and the events of this one. */
async function pair() {
  const peer = Promise.withResolvers<Socket>();
  const told: string[] = [];
  const over = Promise.withResolvers<void>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: peer.resolve, data() {} },
  });
  await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: {
      data: (_socket, bytes) => void told.push(`${bytes.length} bytes`),
      close() {
        told.push("end");
        over.resolve();
      },
    },
  });
  server.stop();
  return { peer: await peer.promise, told, over: over.promise };
}

describe("systemClock.callLater() after a stall", () => {
  test("lets bytes that arrived meanwhile win", async () => {
    const { peer, told, over } = await pair();
    const called = Promise.withResolvers<void>();
    systemClock.callLater(10, () => {
      told.push("timer");
      called.resolve();
    });
    peer.end("poem");
    stall(100);
    await Promise.all([over, called.promise]);
    expect(told).toEqual(["4 bytes", "end", "timer"]);
  });

  test("lets everything that the kernel holds win, however much", async () => {
    const { peer, told } = await pair();
    const taken = peer.write(new Uint8Array(32 * 1024 * 1024));
    expect(taken).toBeGreaterThan(1024 * 1024);
    const received = new Promise<number>((resolve) => {
      systemClock.callLater(10, () => resolve(told.reduce((sum, each) => sum + Number.parseInt(each), 0)));
    });
    stall(100);
    expect(await received).toBe(taken);
    peer.terminate();
  });

  test("can be cancelled by bytes that arrived", async () => {
    const { peer, over } = await pair();
    const fn = jest.fn();
    const call = systemClock.callLater(10, fn);
    const later = new Promise<void>((resolve) => systemClock.callLater(10, resolve));
    void over.then(() => call.cancel());
    peer.end("poem");
    stall(100);
    await later;
    expect(fn).toHaveBeenCalledTimes(0);
  });
});

test("systemClock.callLater() calls back soon, and prints nothing, if the time has passed already", () => {
  const clock = `${import.meta.dirname}/../../src/time/clock.ts`;
  const script = `import { systemClock } from ${JSON.stringify(clock)};
    systemClock.callLater(-0.5, () => process.stdout.write("called"));`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
  expect([stdout.toString(), stderr.toString()]).toEqual(["called", ""]);
});
