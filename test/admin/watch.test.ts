import { describe, expect, test } from "bun:test";
import { watchRoutes } from "../../src/admin/watch/routes.ts";
import { Tally } from "../../src/observe/numbers/tally.ts";
import type { Status } from "../../src/observe/numbers/status.ts";
import type { Vitals } from "../../src/observe/numbers/watched.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { HttpStage } from "../support/http-stage.ts";
import { LoopClock } from "../support/loop-clock.ts";
import { recordOf, visitOf } from "../support/observed.ts";
import { PROXYING, UPSTREAM, VITALS, watched, watchingOf } from "../support/watching.ts";

function setUp(services = [watched("main")], vitals: Vitals = VITALS) {
  const clock = new LoopClock();
  const now = { vitals };
  const watching = watchingOf(clock, services, () => now.vitals);
  const stage = new HttpStage({ clock, routes: watchRoutes(watching) });
  return { clock, stage, now, watching };
}

describe("watchRoutes()", () => {
  test("/metrics is Prometheus text, for any number of services", async () => {
    const services = Array.from({ length: 50 }, (_, i) => watched(`service ${i}`));
    await using stage = setUp(services).stage;
    const { head, body } = await stage.get("/metrics");
    expect(head).toContain("Content-Type: text/plain; version=0.0.4; charset=utf-8");
    for (const { name } of services) expect(body).toContain(`poetry_cache_entries{service="${name}"} 1\n`);
    expect(body).toEndWith("process_start_time_seconds 1700000000\n");
  });

  test("/ready says no before it listens and when it drains; /live says yes", async () => {
    const { stage, now } = setUp();
    await using _ = stage;
    for (const [phase, status] of [
      ["starting", 503],
      ["serving", 200],
      ["draining", 503],
    ] as const) {
      now.vitals = { ...VITALS, phase };
      expect(await stage.get("/ready")).toMatchObject({ status });
      expect(await stage.get("/live")).toMatchObject({ status: 200 });
    }
  });

  test("/status.json shows clients, requests, the cache and upstreams, but no keys", async () => {
    const tally = new Tally();
    const { stage, clock, watching } = setUp([watched("main", tally)]);
    await using _ = stage;
    for (let i = 0; i < 100; i++) {
      tally.visited(visitOf({ ending: "ok", status: i % 4 === 0 ? "miss" : "hit" }));
      clock.advance(1000);
    }
    tally.visited(visitOf({ ending: "upstream/data/reset", status: "miss", request: Buffer.from("secret") }));
    tally.fetched(recordOf(UPSTREAM, { startedAt: 0, ms: 250 }));
    const { body } = await stage.get("/status.json");
    expect(body).not.toContain("secret");
    const { services, draining } = JSON.parse(body) as Status;
    expect(draining).toBe(false);
    expect(services).toEqual([
      {
        name: "main",
        clients: { now: 1, max: 1, limit: null },
        certificate_ends: "2027-01-15T08:00:00.000Z",
        requests: {
          last_10s: { served: 10, failed: 1, per_s: 1, hit_ratio: 0.8 },
          last_100s: { served: 100, failed: 1, per_s: 1, hit_ratio: 0.75 },
          all: { served: 100, failed: 1, per_s: 1, hit_ratio: 0.75 },
        },
        waiters: 0,
        pipes: 0,
        cache: { entries: 1, bytes: 700, limit: 1000 },
        fetches: { in_flight: 0, limit: 64, queue: 0 },
        upstreams: [
          {
            name: "127.0.0.1:43",
            up: false,
            held_until: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
            why: "failure",
            last_success: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
            fetches: 1,
            failures: 0,
            average_s: 0.25,
            max_s: 0.25,
          },
        ],
      },
    ]);
    watching.history.stop();
  });

  test("/status.json counts from the start, before the first sample as well", async () => {
    const tally = new Tally();
    const { stage, clock, watching } = setUp([watched("main", tally)]);
    await using _ = stage;
    tally.visited(visitOf({ ending: "ok", status: "miss" }));
    clock.advance(1000);
    tally.visited(visitOf({ ending: "ok", status: "hit" }));
    const { services } = JSON.parse((await stage.get("/status.json")).body) as Status;
    const both = { served: 2, hit_ratio: 0.5 };
    expect(services[0]?.requests).toMatchObject({ last_10s: both, last_100s: both, all: both });
    watching.history.stop();
  });

  test("/status.json counts a service from the reload that added it", async () => {
    const services = [watched("main")];
    const { stage, clock, watching } = setUp(services);
    await using _ = stage;
    clock.advance(5000);
    const tally = new Tally();
    services.push(watched("added", tally));
    tally.visited(visitOf({ ending: "ok", status: "miss" }));
    clock.advance(1000);
    const status = JSON.parse((await stage.get("/status.json")).body) as Status;
    expect(status.services[1]?.requests.last_100s).toMatchObject({ served: 1, hit_ratio: 0 });
    watching.history.stop();
  });

  test("/status.json starts again from 0 for a service that reloads removed and added again, before a sample and after it", async () => {
    const before = new Tally();
    const services = [watched("main", before)];
    const { stage, clock, watching } = setUp(services);
    await using _ = stage;
    for (let i = 0; i < 5; i++) before.visited(visitOf({ ending: "ok", status: "miss" }));
    clock.advance(200_000);
    const after = new Tally();
    services[0] = watched("main", after);
    after.visited(visitOf({ ending: "ok", status: "hit" }));
    const requests = async () =>
      (JSON.parse((await stage.get("/status.json")).body) as Status).services[0]?.requests;
    const one = { served: 1, failed: 0, hit_ratio: 1 };
    expect(await requests()).toMatchObject({ last_10s: one, last_100s: one, all: one });
    clock.advance(1000);
    expect(await requests()).toMatchObject({ last_10s: one, last_100s: one, all: one });
    watching.history.stop();
  });

  test("/status.json shows the maximum of clients in the last 15 minutes, and no limit if there is none", async () => {
    const figures = { ...PROXYING, clients: 7, maxClients: 9 };
    const now = { figures };
    const service = { name: "main", tally: new Tally(), figures: () => now.figures };
    const { stage, clock } = setUp([service]);
    await using _ = stage;
    const clients = async () => {
      const status = JSON.parse((await stage.get("/status.json")).body) as Status;
      return status.services[0]?.clients;
    };
    clock.advance(1000);
    now.figures = { ...figures, clients: 2 };
    clock.advance(1000);
    expect(await clients()).toEqual({ now: 2, max: 7, limit: 9 });
    clock.advance(900_000);
    expect(await clients()).toEqual({ now: 2, max: 2, limit: 9 });
  });
});

describe("History", () => {
  test("forgets services that were removed, and measures how late timers were", () => {
    const clock = new ManualClock();
    const services = [watched("a"), watched("b")];
    const { history } = watchingOf(clock, services);
    clock.advance(1000);
    expect(history.ago("b", 0)?.clients).toBe(1);
    services.pop();
    clock.advance(1000);
    expect(history.ago("b", 0)).toBeUndefined();
    clock.stall(1250);
    expect(history.loopLag).toBe(0.25);
    clock.advance(10_000);
    expect(history.loopLag).toBe(0);
    history.stop();
    expect(clock.pending).toBe(0);
  });
});
