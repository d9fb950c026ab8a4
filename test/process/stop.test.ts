import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import { runService, type Phase, type Stop, type Runnable } from "../../src/process/stop.ts";
import { Deferred } from "../../src/deferred/mod.ts";
import type { Address } from "../../src/net/address.ts";
import type { DrainOptions } from "../../src/net/listen.ts";
import { ListenError } from "../../src/net/errors.ts";
import { createLog } from "../../src/observe/log.ts";
import { observerOf } from "../../src/observe/observer-of.ts";
import { LogLines } from "../support/log-lines.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { unfired, valueOf } from "../../src/deferred/testing.ts";

const { SIGTERM, SIGINT, SIGUSR2 } = constants.signals;
const TERM: Stop = { signal: SIGTERM, name: "SIGTERM" };
const DRAIN_TIMEOUT = 10_000;
const somewhere: Address = { host: "127.0.0.1", port: 10001 };

/** A service whose clients come and go as the test says. */
class FakeService implements Runnable {
  readonly calls: string[] = [];
  readonly started = new Deferred<Address>();
  readonly #drained = new Deferred<void>();
  clients: number;
  /** How many of them have their whole answer, and only have not hung up. */
  served = 0;
  /** How many clients were reset. */
  reset = 0;

  constructor(clients: number) {
    this.clients = clients;
  }

  figures() {
    return { clients: this.clients, maxClients: Infinity };
  }

  get unserved(): number {
    return this.clients - this.served;
  }

  start(): Deferred<Address> {
    this.calls.push("start");
    return this.started;
  }

  drain({ lettingAsk = false }: DrainOptions = {}): Deferred<void> {
    this.calls.push(lettingAsk ? "drain, letting clients ask" : "drain");
    if (this.clients === 0 && !this.#drained.called) this.#drained.callback();
    return this.#drained.fork();
  }

  /** As in a Listener: once the last client is gone, drain() resolves as well. */
  abort(): void {
    this.reset += this.unserved;
    this.leave();
  }

  leave(): void {
    this.clients = 0;
    if (this.calls.some((call) => call.startsWith("drain")) && !this.#drained.called)
      this.#drained.callback();
  }
}

function stage({ clients = 0, drainTimeout = DRAIN_TIMEOUT, drainDelay = 0, folds = false } = {}) {
  const service = new FakeService(clients);
  const clock = new ManualClock();
  const stream = new LogLines();
  const log = createLog({
    format: "text",
    quiet: false,
    verbose: false,
    stream,
    clock: folds ? clock : undefined,
  });
  const listeners: ((stop: Stop) => void)[] = [];
  const onStop = (listener: (stop: Stop) => void) => void listeners.push(listener);
  const phases: Phase[] = [];
  const exit = runService(service, {
    clock,
    observer: observerOf(log),
    drainTimeout,
    drainDelay,
    onStop,
    tellRest: () => log.flush(),
    phase: (phase) => phases.push(phase),
  });
  return {
    log,
    service,
    clock,
    exit,
    phases,
    lines: stream.lines,
    stop: (what: Stop) => listeners.forEach((listener) => listener(what)),
    start: () => service.started.callback(somewhere),
  };
}

describe("runService()", () => {
  test("runs until it is told to stop, and prints nothing meanwhile", () => {
    const { service, clock, exit, lines, start } = stage({ clients: 3 });
    start();
    clock.advance(30 * 24 * 3600 * 1000);
    unfired(exit);
    expect(service.calls).toEqual(["start"]);
    expect(lines).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("without clients exits with 0 at the first signal", () => {
    const { service, clock, exit, lines, start, stop } = stage();
    start();
    stop(TERM);
    expect(valueOf(exit)).toEqual(0);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(lines).toEqual(["Stopped on SIGTERM.\n"]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["it stops", TERM, "Stopped on SIGTERM.\n"],
    [
      "a bug ends it",
      { bug: new Error("off by one") },
      expect.stringMatching(/^error: Bug in poetry, stopping: Error: off by one/),
    ],
  ])("tells how often a line was repeated before the last line, when %s", (_, cause, last) => {
    const { log, lines, start, stop } = stage({ folds: true });
    start();
    for (let n = 0; n < 3; n++) log.info("Turned a client away.");
    log.of("whois").info("Using cached poem.");
    log.of("whois").info("Using cached poem.");
    stop(cause);
    log.flush(); // As it is at the end of the process.
    expect(lines.slice(2)).toEqual(["Turned a client away, 2 times.\n", "whois: Using cached poem.\n", last]);
  });

  test("waits for its clients and exits with 0 after the last one was served", () => {
    const { service, clock, exit, lines, start, stop } = stage({ clients: 2 });
    start();
    stop({ signal: SIGINT, name: "SIGINT" });
    clock.advance(DRAIN_TIMEOUT - 1);
    unfired(exit);
    expect(lines).toEqual(["Shutting down on SIGINT: waiting up to 10s for 2 clients.\n"]);
    service.leave();
    expect(valueOf(exit)).toEqual(0);
    expect(lines.slice(1)).toEqual(["Stopped on SIGINT: every client was served.\n"]);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(service.reset).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("after another process has taken over lets clients send requests, without a timeout, and does not count as draining", () => {
    const { service, exit, phases, start, stop } = stage({ clients: 1, drainDelay: 5_000 });
    start();
    stop({ signal: SIGUSR2, name: "upgrade", isReplaced: true });
    expect(service.calls).toEqual(["start", "drain, letting clients ask"]);
    expect(phases).toEqual(["serving"]);
    service.leave();
    expect(valueOf(exit)).toEqual(0);
  });

  test("after another process has taken over ignores the first signal, which all processes of a service get", () => {
    const { service, exit, start, stop } = stage({ clients: 1 });
    start();
    stop({ signal: SIGUSR2, name: "upgrade", isReplaced: true });
    stop(TERM);
    unfired(exit);
    expect(service.calls).toEqual(["start", "drain, letting clients ask", "drain"]);
    stop(TERM);
    expect(valueOf(exit)).toEqual(128 + SIGTERM);
    expect(service.reset).toBe(1);
  });

  test("resets clients that are left at the drain timeout, and exits with 1", () => {
    const { service, clock, exit, lines, start, stop } = stage({ clients: 1 });
    start();
    stop(TERM);
    clock.advance(DRAIN_TIMEOUT);
    expect(valueOf(exit)).toEqual(1);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(service.reset).toBe(1);
    expect(lines).toEqual([
      "Shutting down on SIGTERM: waiting up to 10s for 1 client.\n",
      "warn: Stopped on SIGTERM: 1 client could not be served in time and will be reset.\n",
    ]);
    expect(clock.pending).toBe(0);
  });

  test("exits with 0 at the drain timeout if the clients that are left have been served, and only do not hang up", () => {
    const { service, clock, exit, lines, start, stop } = stage({ clients: 3 });
    start();
    service.served = 3;
    stop(TERM);
    clock.advance(DRAIN_TIMEOUT);
    expect(valueOf(exit)).toEqual(0);
    expect(service.reset).toBe(0);
    expect(lines.at(-1)).toBe("Stopped on SIGTERM: every client was served.\n");
  });

  test("counts as reset only clients that have not been served", () => {
    const { service, clock, exit, lines, start, stop } = stage({ clients: 3 });
    start();
    service.served = 2;
    stop(TERM);
    clock.advance(DRAIN_TIMEOUT);
    expect(valueOf(exit)).toEqual(1);
    expect(service.reset).toBe(1);
    expect(lines.at(-1)).toContain("1 client could not be served in time");
  });

  test("does not wait at an abrupt signal", () => {
    const { service, exit, start, stop } = stage({ clients: 2 });
    start();
    stop({ signal: constants.signals.SIGABRT, name: "SIGABRT", isAbrupt: true });
    expect(valueOf(exit)).toEqual(134);
    expect(service.calls).toEqual(["start"]);
    expect(service.reset).toBe(2);
  });

  test("with a drain timeout of 0 resets at once", () => {
    const { service, clock, exit, start, stop } = stage({ clients: 1, drainTimeout: 0 });
    start();
    stop(TERM);
    clock.advance(0);
    expect(valueOf(exit)).toEqual(1);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(service.reset).toBe(1);
  });

  test("with a drain timeout of inf waits indefinitely", () => {
    const { service, clock, exit, lines, start, stop } = stage({ clients: 1, drainTimeout: Infinity });
    start();
    stop(TERM);
    clock.advance(30 * 24 * 3600 * 1000);
    unfired(exit);
    expect(lines).toEqual(["Shutting down on SIGTERM: waiting for 1 client.\n"]);
    service.leave();
    expect(valueOf(exit)).toEqual(0);
  });

  test.each([
    ["SIGTERM", SIGTERM, 143],
    ["SIGINT", SIGINT, 130],
  ])("at a second signal, %s, resets at once and exits with 128 + its number", (name, signal, code) => {
    const { service, clock, exit, start, stop } = stage({ clients: 1 });
    start();
    stop(TERM);
    stop({ signal, name });
    expect(valueOf(exit)).toEqual(code);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(service.reset).toBe(1);
    clock.advance(DRAIN_TIMEOUT);
    expect(valueOf(exit)).toEqual(code);
    expect(clock.pending).toBe(0);
  });

  test("ignores signals after the end", () => {
    const { service, exit, lines, start, stop } = stage();
    start();
    stop(TERM);
    stop(TERM);
    stop({ bug: new Error("late") });
    expect(valueOf(exit)).toEqual(0);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(lines).toEqual(["Stopped on SIGTERM.\n"]);
  });

  test("exits with 1 and one line if the service cannot start", () => {
    const { service, exit, lines, clock } = stage();
    service.started.errback(new ListenError(somewhere, "EADDRINUSE", "the port is taken (EADDRINUSE)"));
    expect(valueOf(exit)).toEqual(1);
    expect(lines).toEqual(["error: Cannot listen on 127.0.0.1:10001: the port is taken (EADDRINUSE)\n"]);
    expect(clock.pending).toBe(0);
  });

  test("drains a service that has not started yet", () => {
    const { service, exit, stop } = stage();
    stop(TERM);
    expect(service.calls).toEqual(["start", "drain"]);
    expect(valueOf(exit)).toEqual(0);
  });

  test.each([["while it serves"], ["while it drains"]])(
    "at a bug %s resets everybody first and exits with 70",
    (when) => {
      const { service, exit, lines, start, stop } = stage({ clients: 2 });
      start();
      if (when === "while it drains") stop(TERM);
      stop({ bug: new RangeError("off by one") });
      expect(valueOf(exit)).toEqual(70);
      expect(service.reset).toBe(2);
      expect(lines.at(-1)).toStartWith("error: Bug in poetry, stopping: RangeError: off by one\\x0a");
    },
  );

  test.each([["a string"], [undefined], [null], [404]])("names a bug that is no Error: %p", (bug) => {
    const { exit, lines, stop } = stage();
    stop({ bug });
    expect(valueOf(exit)).toEqual(70);
    expect(lines).toEqual([`error: Bug in poetry, stopping: ${String(bug)}\n`]);
  });
});
