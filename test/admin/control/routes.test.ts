import { describe, expect, test } from "bun:test";
import type { EntryView } from "../../../src/admin/control/entries.ts";
import { Cache } from "../../../src/cache/cache.ts";
import type { Loaded } from "../../../src/cache/load.ts";
import { Deferred, fail, succeed } from "../../../src/deferred/mod.ts";
import { LEVELS } from "../../../src/observe/log.ts";
import { Kept } from "../../../src/services/proxy/kept.ts";
import { requestKind, type RequestRules } from "../../../src/services/proxy/requests.ts";
import type { Holds } from "../../../src/services/holds.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { Numbers } from "../../../src/cache/numbers.ts";
import { FakeLevel } from "../../support/fake-level.ts";
import { ControlStage } from "../../support/control-stage.ts";

const LINES: RequestRules = { framing: "line", requestTimeout: 0, folds: ["lower"] };

/** A service that keeps what clients have requested, as a proxy does. */
function keeping(name: string, ...asked: string[]) {
  let number = 0;
  const stage = { load: (): Deferred<Loaded> => succeed(loaded()) };
  const loaded = (): Loaded => ({
    lifetime: { ttl: 60_000, grace: 0, staleIfError: 9 },
    age: 0,
    number: ++number,
  });
  const clock = new ManualClock();
  const cache = new Cache<undefined, Loaded>(
    { clock, maxBytes: 1e9, maxEntries: Infinity, weigh: () => 100 },
    () => stage.load(),
  );
  const kind = requestKind(LINES);
  if (!kind) throw new Error("There is no such kind");
  const get = (request: string, isTerminated = true) => {
    const verdict = kind.classify({
      bytes: Buffer.from(isTerminated ? `${request}\n` : request),
      isTerminated,
    });
    if (!("key" in verdict)) throw new Error("It is not cached");
    return cache.get(verdict.key, undefined).answer.addErrback(() => undefined);
  };
  for (const request of asked) void get(request);
  return {
    name,
    cache,
    get,
    clock,
    stage,
    loaded,
    service: { kept: new Kept(cache, (typed) => kind.keysOf(typed)) },
  };
}

const held: string[] = [];
const HOLDS: Holds = {
  names: ["a:43", "c:43"],
  hold: (upstream, ms) => upstream === "a:43" && held.push(`${upstream} for ${ms}`) > 0,
  release: (upstream) => upstream === "a:43",
};

describe("POST /purge", () => {
  test("purges one key, as a client types it, with and without its terminator", async () => {
    const whois = keeping("whois", "Ecstasy", "other");
    void whois.get("ecstasy", false);
    await using stage = new ControlStage([whois]);
    const { status, body } = await stage.post("/purge", { key: "ECSTASY" });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { entries: 2, flights: 0, services: { whois: { entries: 2, flights: 0 } } },
    ]);
    expect([...(whois.cache.list({ order: "bytes", limit: 9 }).result as { key: string }[])]).toMatchObject([
      { key: "other" },
    ]);
    expect(stage.told).toEqual(['Purged "ECSTASY": 2 entries.']);
  });

  test("purges matching keys, in all services or in one", async () => {
    const [one, two] = [keeping("one", "a1", "a2", "b"), keeping("two", "a1")];
    await using stage = new ControlStage([one, two, { name: "poems", service: {} }]);
    expect(JSON.parse((await stage.post("/purge", { match: "^a", service: "one" })).body)).toMatchObject({
      entries: 2,
    });
    expect(JSON.parse((await stage.post("/purge", { match: "^a" })).body)).toMatchObject({
      entries: 1,
      services: { one: { entries: 0 }, two: { entries: 1 } },
    });
    expect(one.cache.entries).toBe(1);
    expect(stage.told).toEqual([
      "Purged what matches ^a of one: 2 entries.",
      "Purged what matches ^a: 1 entry.",
    ]);
  });

  test("matches requests without their terminator", async () => {
    const whois = keeping("whois");
    void whois.get("abc", false);
    await using stage = new ControlStage([whois]);
    expect(JSON.parse((await stage.post("/purge", { match: "^abc$" })).body)).toMatchObject({ entries: 1 });
  });

  test("purges everything; softly, answers still stand in for failed fetches", async () => {
    const whois = keeping("whois", "a", "b");
    await using stage = new ControlStage([whois]);
    await stage.post("/purge", { all: true, soft: true });
    expect(whois.cache.entries).toBe(2);
    whois.stage.load = () => fail(new Error("no answer"));
    expect(await whois.get("a")).toMatchObject({ status: "stale" });
    await stage.post("/purge", { all: true });
    expect(whois.cache.entries).toBe(0);
    expect(stage.told).toEqual(["Purged all answers softly: 2 entries.", "Purged all answers: 2 entries."]);
  });

  test("reports fetches under way whose answers will not be kept", async () => {
    const whois = keeping("whois");
    const fetch = new Deferred<Loaded>();
    whois.stage.load = () => fetch;
    void whois.get("a");
    await using stage = new ControlStage([whois]);
    expect(JSON.parse((await stage.post("/purge", { key: "a" })).body)).toMatchObject({
      entries: 0,
      flights: 1,
    });
    fetch.callback(whois.loaded());
    expect(whois.cache.entries).toBe(0);
  });

  test("reaches second levels, and names those that could not be reached", async () => {
    const level = new FakeLevel();
    const whois = keeping("whois", "a", "b");
    const kind = { keysOf: (typed: Uint8Array) => [Buffer.from(typed).toString()] };
    const kept = new Kept(whois.cache, (typed) => kind.keysOf(typed), {
      levels: [level],
      numbers: new Numbers(() => 0),
    });
    await using stage = new ControlStage([{ name: "whois", service: { kept } }]);
    await stage.post("/purge", { key: "a" });
    await stage.post("/purge", { match: "^b" });
    await stage.post("/purge", { all: true });
    expect(level.told).toEqual(["purge a", "purge matches", "purge all"]);
    level.failure = new Error("disk on fire");
    const why = "Purged from the memory of this process only: disk on fire";
    for (const order of [{ key: "a" }, { match: "^b" }, { all: true }])
      expect(await stage.post("/purge", order)).toEqual({ status: 503, body: `${why}\n` });
    expect(stage.told.at(-1)).toBe(`${why}.`);
  });

  test.each([
    [{}, 'Expected one of "key", "match" and "all"'],
    [{ key: "a", all: true }, 'Expected one of "key", "match" and "all"'],
    [{ key: "a", sofd: true }, 'Unknown "sofd": expected service, key, match, all, soft'],
    [{ key: 7 }, 'Bad "key": expected a string'],
    [{ key: "\\q" }, 'Bad "key": expected \\n, \\r, \\t, \\\\ or \\x00 to \\xff instead of \\q'],
    ["[1]", "Bad body: expected a JSON object"],
    ["{", "Bad body: expected JSON"],
  ])("refuses %j", async (body, why) => {
    const whois = keeping("whois", "a");
    await using stage = new ControlStage([whois]);
    expect(await stage.post("/purge", body)).toEqual({ status: 400, body: `${why}\n` });
    expect(whois.cache.entries).toBe(1);
  });

  test("rejects an invalid pattern, and says why", async () => {
    await using stage = new ControlStage([keeping("whois", "a")]);
    const { status, body } = await stage.post("/purge", { match: "(" });
    expect([status, body]).toEqual([400, expect.stringMatching(/^Bad "match": expected /)]);
  });

  test("names the services there are, and those that keep nothing", async () => {
    await using stage = new ControlStage([keeping("whois"), { name: "poems", service: {} }]);
    expect(await stage.post("/purge", { all: true, service: "whos" })).toEqual({
      status: 404,
      body: "No service is called whos: expected whois, poems\n",
    });
    expect(await stage.post("/purge", { all: true, service: "poems" })).toEqual({
      status: 409,
      body: "poems has no cache\n",
    });
  });

  test("is refused to GET", async () => {
    await using stage = new ControlStage([keeping("whois")]);
    expect(await stage.get("/purge?all=true")).toMatchObject({ status: 405 });
  });
});

function lines(body: string): EntryView[] {
  return body
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as EntryView);
}

describe("GET /entries, /entry", () => {
  test("lists many entries over several turns of the event loop", async () => {
    const keys = Array.from({ length: 600 }, (_, n) => `key ${n}`);
    const whois = keeping("whois", ...keys);
    whois.clock.nextTurn = setImmediate; // Looking for them takes turns as well.
    await using stage = new ControlStage([whois]);
    let turns = 0;
    stage.clock.nextTurn = (fn) => {
      turns++;
      setImmediate(fn);
    };
    const listed = lines((await stage.get("/entries?n=1000&sort=age")).body);
    expect(listed.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    expect(turns).toBe(2); // 256 lines in each.
  });

  test("lists the first of all services in the order that is wanted", async () => {
    const [one, two] = [keeping("one", "a", "bb"), keeping("two", "ccc")];
    void one.get("a");
    await using stage = new ControlStage([one, two]);
    const keys = async (query: string) =>
      lines((await stage.get(`/entries${query}`)).body).map(({ key }) => key);
    expect(await keys("")).toEqual(["ccc", "bb", "a"]);
    expect(await keys("?sort=hits&n=1")).toEqual(["a"]);
    expect(await keys("?match=%5Eb")).toEqual(["bb"]);
    expect(await keys("?service=two")).toEqual(["ccc"]);
  });

  test("describes an entry", async () => {
    const whois = keeping("whois", "a");
    void whois.get("a");
    whois.clock.advance(1500);
    await using stage = new ControlStage([whois]);
    const view = {
      service: "whois",
      key: "a",
      bytes: 614,
      age_s: 1.5,
      ttl_left_s: 58.5,
      hits: 1,
      state: "fresh",
      fetch: 1,
    };
    expect(lines((await stage.get("/entries")).body)).toEqual([view as EntryView]);
    expect(JSON.parse((await stage.get("/entry?key=A")).body)).toEqual([view]);
    expect(JSON.parse((await stage.get("/entry?key=b")).body)).toEqual([]);
  });

  test("marks unterminated requests, whose keys can be typed nevertheless", async () => {
    const whois = keeping("whois");
    void whois.get("a", false);
    await using stage = new ControlStage([whois]);
    expect(JSON.parse((await stage.get("/entry?key=a")).body)).toMatchObject([
      { key: "a", terminated: false },
    ]);
  });

  test.each([
    ["/entries?sort=size", 'Bad "sort": expected bytes, hits, age'],
    ["/entries?n=0", 'Bad "n": expected a number from 1 to 10000'],
    ["/entries?n=10001", 'Bad "n": expected a number from 1 to 10000'],
    ["/entries?limit=1", 'Unknown "limit": expected service, match, sort, n'],
    ["/entries?n=1&n=2", '"n" is given twice'],
    ["/entry", 'Missing "key"'],
  ])("refuses %s", async (path, why) => {
    await using stage = new ControlStage([keeping("whois")]);
    expect(await stage.get(path)).toMatchObject({ status: 400, body: `${why}\n` });
  });
});

describe("POST /log, /hold, /release, /drain, /reload", () => {
  test("log changes the level for a while; a second order starts a new period", async () => {
    await using stage = new ControlStage([]);
    const before = stage.log.level;
    expect((await stage.post("/log", { level: "debug", for_ms: 1000 })).status).toBe(200);
    expect(stage.log.level).toBe(LEVELS.debug);
    stage.clock.advance(999);
    await stage.post("/log", { level: "error", for_ms: 5000 });
    stage.clock.advance(4999);
    expect(stage.log.level).toBe(LEVELS.error);
    stage.clock.advance(1);
    expect(stage.log.level).toBe(before);
    expect(stage.told).toEqual([
      "Log level set to debug for 1 s.",
      "Log level set to error for 5 s.",
      "Log level reset.",
    ]);
  });

  test.each([
    [{ level: "loud" }, 'Bad "level": expected error, warn, info, debug'],
    [{ level: "debug", for_ms: 0 }, 'Bad "for_ms": expected more than 0, and at most 86400000 (a day)'],
    [{ level: "debug", for_ms: 1e9 }, 'Bad "for_ms": expected more than 0, and at most 86400000 (a day)'],
  ])("log refuses %j", async (body, why) => {
    await using stage = new ControlStage([]);
    expect(await stage.post("/log", body)).toEqual({ status: 400, body: `${why}\n` });
  });

  test("hold and release reach the services that use the upstream", async () => {
    const whois = { name: "whois", service: { holds: HOLDS } };
    await using stage = new ControlStage([whois, keeping("other")]);
    expect(JSON.parse((await stage.post("/hold", { upstream: "a:43", for_ms: 5000 })).body)).toEqual({
      upstream: "a:43",
      services: ["whois"],
      for_ms: 5000,
    });
    expect(held).toEqual(["a:43 for 5000"]);
    expect((await stage.post("/release", { upstream: "a:43" })).status).toBe(200);
    expect(await stage.post("/hold", { upstream: "b:43" })).toEqual({
      status: 404,
      body: "No service has an upstream called b:43: expected a:43, c:43\n",
    });
    expect(stage.told).toEqual(["Holding a:43 down for 5 s (whois).", "Released a:43 (whois)."]);
  });

  test("drain begins a shutdown", async () => {
    await using stage = new ControlStage([]);
    expect(await stage.post("/drain")).toEqual({ status: 200, body: '{"draining":true}\n' });
    expect(stage.drains).toBe(1); // After the answer.
  });

  test("reload reports the result, or that there are no files to read", async () => {
    await using without = new ControlStage([]);
    expect(await without.post("/reload")).toMatchObject({ status: 409 });
    await using stage = new ControlStage([], { reload: () => succeed("2 services, 1 changed") });
    expect(await stage.post("/reload")).toEqual({
      status: 200,
      body: '{"report":"2 services, 1 changed"}\n',
    });
    await using failing = new ControlStage([], { reload: () => fail(new Error("poetry.toml:1:1: no")) });
    expect(await failing.post("/reload")).toEqual({ status: 422, body: "poetry.toml:1:1: no\n" });
  });
});

describe("controlGuard()", () => {
  test.each([
    ["Origin: http://localhost", 403],
    ["Origin: null", 403],
    ["Sec-Fetch-Site: none", 403],
    ["SEC-FETCH-MODE: cors", 403],
  ])("refuses what a browser sends: %s", async (header, status) => {
    await using stage = new ControlStage([]);
    expect(await stage.http.get("/status", "GET", [header])).toMatchObject({ status });
  });

  test("rejects any host other than localhost", async () => {
    await using stage = new ControlStage([]);
    const { bytes } = await stage.http.client("GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n").visit;
    expect(bytes.toString()).toStartWith("HTTP/1.1 421 ");
  });
});
