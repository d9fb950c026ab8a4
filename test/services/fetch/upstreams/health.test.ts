import { describe, expect, test } from "bun:test";
import { FetchError } from "../../../../src/services/fetch/errors.ts";
import { Health, type Finding } from "../../../../src/services/fetch/upstreams/health.ts";
import { Refusal } from "../../../../src/services/fetch/upstreams/refusal.ts";

const request = { bytes: Buffer.from("poem\r\n"), isTerminated: true };
const refusal = new Refusal({ host: "192.0.2.1", port: 43 }, request, Buffer.from("too often"), 7);
const half = () => 0.5;

/** Asks and gets a finding, at the same moment. */
function ask(health: Health, finding: Finding, now: number) {
  return health.end(health.begin(now), finding, now, half);
}

/** The lengths of `count` holds in a row, with a probe as soon as each ends. */
function holds(finding: Finding, count: number): number[] {
  const health = new Health();
  let now = 0;
  return Array.from({ length: count }, () => {
    ask(health, finding, now);
    const length = health.heldUntil - now;
    now = health.heldUntil;
    return length;
  });
}

describe("Health", () => {
  test("does not hold down an address that serves, or of which nothing is known", () => {
    const health = new Health();
    for (const finding of ["serves", "reached", undefined] as const) {
      expect(ask(health, finding, 0)).toBeUndefined();
      expect(health.isHeld(0)).toBe(false);
    }
  });

  test("is held for 1 s after a failure, twice as long each time, up to 30 s", () => {
    expect(holds("fails", 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test("is held for up to 5 min after refusals", () => {
    const lengths = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    expect(holds(refusal, 11)).toEqual(lengths.map((seconds) => seconds * 1000));
  });

  test("varies by up to a fifth", () => {
    const [short, long] = [new Health(), new Health()];
    short.end(short.begin(0), "fails", 0, () => 0);
    long.end(long.begin(0), "fails", 0, () => 1);
    expect([short.heldUntil, long.heldUntil]).toEqual([800, 1200]);
  });

  test("is released by an answer, and starts again with 1 s", () => {
    const health = new Health();
    ask(health, "fails", 0);
    ask(health, "fails", 1000);
    expect(ask(health, "serves", 3000)).toBe("released");
    expect(health.isHeld(3000)).toBe(false);
    ask(health, "fails", 3000);
    expect(health.heldUntil).toBe(4000);
  });

  test("is released by being reachable, unless it refused: then only by an answer", () => {
    const health = new Health();
    ask(health, "fails", 0);
    expect(ask(health, "reached", 1000)).toBe("released");
    ask(health, refusal, 1000);
    expect(ask(health, "reached", 2000)).toBeUndefined();
    ask(health, refusal, 2000);
    expect(health.heldUntil).toBe(4000);
  });

  test("lets one probe through at the end of a hold; it stays held for others meanwhile", () => {
    const health = new Health();
    ask(health, refusal, 0);
    expect([health.isHeld(999), health.isHeld(1000)]).toEqual([true, false]);
    const probe = health.begin(1000);
    expect(health.isHeld(1500)).toBe(true);
    expect(health.refusalAt(1500)).toBe(refusal);
    expect(health.end(probe, "serves", 1600, half)).toBe("released");
    expect(health.isHeld(1600)).toBe(false);
    expect(health.refusalAt(1600)).toBeUndefined();
  });

  test("lets another probe begin if one says nothing", () => {
    const health = new Health();
    ask(health, "fails", 0);
    const probe = health.begin(1000);
    expect(health.end(probe, undefined, 1100, half)).toBeUndefined();
    expect(health.isHeld(1100)).toBe(false);
    expect(health.begin(1100).isProbe).toBe(true);
  });

  test("is held for exactly 10 s if this machine could not try, and needs no probe after that", () => {
    const health = new Health();
    const local = new FetchError({ host: "192.0.2.1", port: 43 }, "local", 0, "EADDRNOTAVAIL");
    for (const now of [0, 10_000, 20_000]) {
      expect(ask(health, local, now)).toBe("held");
      expect(ask(health, local, now + 5000)).toBeUndefined(); // A fetch that was already running.
      expect([health.isHeld(now + 9999), health.isHeld(now + 10_000)]).toEqual([true, false]);
      expect(health.troubleAt(now)?.asError()).toMatchObject({ reason: "local", isRepeated: true });
    }
    expect(health.begin(30_000).isProbe).toBe(false);
  });

  test("keeps what it knows of the address while this machine cannot try", () => {
    const health = new Health();
    const local = new FetchError({ host: "192.0.2.1", port: 43 }, "local", 0, "ENFILE");
    ask(health, "fails", 0);
    ask(health, local, 500);
    expect(health.heldUntil).toBe(10_500);
    const probe = health.begin(10_500);
    expect(probe.isProbe).toBe(true);
    expect(health.end(probe, "fails", 10_500, half)).toBe("held");
    expect(health.heldUntil).toBe(12_500); // The second failure in a row.
    health.release();
    expect(health.isHeld(10_500)).toBe(false);
  });

  test("counts one of many failures that began before the hold", () => {
    const health = new Health();
    const attempts = Array.from({ length: 64 }, () => health.begin(0));
    const changes = attempts.map((attempt) => health.end(attempt, "fails", 10, half));
    expect(changes.filter(Boolean)).toEqual(["held"]);
    expect(health.heldUntil).toBe(1010);
  });

  test("is not released by what began before the hold", () => {
    const health = new Health();
    const early = health.begin(0);
    ask(health, refusal, 10);
    expect(health.end(early, "serves", 20, half)).toBeUndefined();
    expect(health.refusalAt(20)).toBe(refusal);
  });

  test("remembers a refusal even of an attempt that began before a failure, and doubles after both", () => {
    const health = new Health();
    const early = health.begin(0);
    ask(health, "fails", 10);
    expect(health.end(early, refusal, 20, half)).toBe("held");
    expect(health.refusalAt(20)).toBe(refusal);
    expect(health.heldUntil).toBe(2020);
  });

  test("tried in spite of its hold, is held for longer if it fails, and released if it serves", () => {
    const health = new Health();
    ask(health, "fails", 0);
    ask(health, "fails", 500);
    expect(health.heldUntil).toBe(2500);
    expect(ask(health, "serves", 600)).toBe("released");
  });
});
