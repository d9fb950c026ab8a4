import { describe, expect, test } from "bun:test";
import { HttpError } from "../../src/admin/request.ts";
import { json, plain, type HttpEvents } from "../../src/admin/response.ts";
import { hostGuard } from "../../src/admin/hosts.ts";
import { Deferred } from "../../src/deferred/mod.ts";
import { HttpStage } from "../support/http-stage.ts";
import { nextTurn } from "../support/next-turn.ts";

const LIVE = { "/live": { GET: () => plain(200, "alive") } };

/** Resolves when `isMet` holds; checked in every turn of the loop. */
async function until(isMet: () => boolean): Promise<void> {
  while (!isMet()) await nextTurn();
}

describe("HttpServer", () => {
  test("answers one request and closes", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    expect(await stage.get("/live")).toMatchObject({ end: "fin", status: 200, body: "alive\n" });
    expect((await stage.get("/live")).head).toContain("Connection: close");
    await until(() => stage.clock.pending === 0);
  });

  test("answers HEAD without a body", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    const { head, body } = await stage.get("/live", "HEAD");
    expect([head.includes("Content-Length: 6"), body]).toEqual([true, ""]);
  });

  test("forbids caching, framing and sniffing", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    const { head } = await stage.get("/live");
    for (const header of [
      "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff",
      "X-Frame-Options: DENY",
    ])
      expect(head).toContain(header);
  });

  test("answers 404 and 405", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    expect(await stage.get("/constructor")).toMatchObject({ status: 404 });
    expect(await stage.get("/live/")).toMatchObject({ status: 404, body: "Not found: expected /live\n" });
    expect(await stage.get("/live", "DELETE")).toMatchObject({ status: 405 });
    expect((await stage.get("/live", "POST")).head).toContain("Allow: GET");
  });

  test("passes on the error of a route", async () => {
    const routes = {
      "/x": {
        GET: () => {
          throw new HttpError(409, "Not now");
        },
      },
    };
    await using stage = new HttpStage({ routes });
    expect(await stage.get("/x")).toMatchObject({ end: "fin", status: 409, body: "Not now\n" });
  });

  test("reports a bug in a route, immediate or later, and continues", async () => {
    const failing = new Deferred<never>();
    let isAsked = false;
    const routes = {
      "/now": {
        GET: () => {
          throw new Error("a bug");
        },
      },
      "/later": { GET: () => ((isAsked = true), failing) },
    };
    const stage = new HttpStage({ routes });
    expect(await stage.get("/now")).toMatchObject({ status: 500 });
    const later = stage.get("/later");
    await until(() => isAsked);
    failing.errback(new Error("another"));
    expect(await later).toMatchObject({ status: 500 });
    expect(stage.bugs).toEqual([new Error("a bug"), new Error("another")]);
    stage.server.abort();
  });

  test("waits for a slow route, and forgets a client that leaves meanwhile", async () => {
    const answers: Deferred<ReturnType<typeof json>>[] = [];
    const GET = () => {
      const answer = new Deferred<ReturnType<typeof json>>();
      answers.push(answer);
      return answer;
    };
    await using stage = new HttpStage({ routes: { "/slow": { GET } } });
    const waiting = stage.get("/slow");
    const leaving = stage.client("GET /slow HTTP/1.1\r\n\r\n");
    await until(() => answers.length === 2);
    await leaving.vanish();
    for (const answer of answers) answer.callback(json({ done: true }));
    expect(await waiting).toMatchObject({ status: 200, body: '{"done":true}\n' });
  });

  test("resets a client that sends no request within 5 s", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    const half = stage.client("GET /live HT");
    await half.connected;
    await until(() => stage.clock.pending > 0);
    stage.clock.advance(4_999);
    stage.clock.advance(1);
    expect(await half.visit).toMatchObject({ end: "reset" });
  });

  test("resets clients beyond its limit", async () => {
    await using stage = new HttpStage({ routes: LIVE, maxClients: 2 });
    const idle = [stage.client(), stage.client()];
    for (const each of idle) await each.connected;
    await until(() => stage.clock.pending > 0);
    await until(() => stage.clock.pending === 2);
    expect(await stage.client().visit).toMatchObject({ end: "reset" });
    await idle[0]?.vanish();
    await until(() => stage.clock.pending === 1);
    expect(await stage.get("/live")).toMatchObject({ status: 200 });
    await idle[1]?.vanish();
  });

  test("answers garbage with 400, and a body that is announced as a GiB with 413", async () => {
    await using stage = new HttpStage({ routes: LIVE });
    const post = `POST /live HTTP/1.1\r\nContent-Length: ${2 ** 30}\r\n\r\n${"x".repeat(1000)}`;
    for (const [text, status] of [
      ["\0\xff\r\n\r\n", 400],
      [post, 413],
    ] as const) {
      const { bytes } = await stage.client(text).visit;
      expect(bytes.toString()).toStartWith(`HTTP/1.1 ${status} `);
    }
  });
});

/** A server of events, which the test sends. */
function setUp() {
  const senders = new Set<(data: string) => void>();
  const events: HttpEvents = {
    subscribe: (send) => {
      senders.add(send);
      return () => void senders.delete(send);
    },
  };
  const stage = new HttpStage({ routes: { "/events": { GET: () => events } } });
  const listen = () => stage.client("GET /events HTTP/1.1\r\n\r\n");
  return { senders, stage, listen };
}

describe("HttpServer with events", () => {
  test("sends them as long as the client stays", async () => {
    const { senders, stage, listen } = setUp();
    const client = listen();
    await until(() => senders.size === 1);
    for (const send of senders) send('{"a":1}');
    for (const send of senders) send('{"a":2}');
    await until(() => client.received > 0);
    await client.vanish();
    await until(() => senders.size === 0);
    const { bytes } = await client.visit;
    expect(bytes.toString()).toEndWith('\r\n\r\ndata: {"a":1}\n\ndata: {"a":2}\n\n');
    await stage[Symbol.asyncDispose]();
  });

  test("end when the server is drained, because they would never end", async () => {
    const { senders, stage, listen } = setUp();
    const client = listen();
    await until(() => senders.size === 1);
    await stage.server.close();
    expect((await client.visit).end).toBe("fin");
    expect(senders.size).toBe(0);
    await stage[Symbol.asyncDispose]();
  });

  test("accepts four such clients", async () => {
    const { senders, stage, listen } = setUp();
    const clients = Array.from({ length: 4 }, listen);
    await until(() => senders.size === 4);
    expect(await stage.get("/events")).toMatchObject({ status: 503 });
    await clients[0]?.vanish();
    await until(() => senders.size === 3);
    clients.push(listen());
    await until(() => senders.size === 4);
    for (const client of clients.slice(1)) await client.vanish();
    await stage[Symbol.asyncDispose]();
  });

  test("skips events for a slow client, and resets it if it reads nothing for 10 s", async () => {
    const { senders, stage, listen } = setUp();
    const slow = listen();
    await until(() => senders.size === 1);
    slow.pause();
    const event = JSON.stringify("x".repeat(100_000));
    const [send] = senders;
    for (let i = 0; i < 200; i++) {
      send?.(event); // 20 MB in total: unwritten events are not kept.
      await nextTurn();
    }
    stage.clock.advance(10_000);
    await until(() => senders.size === 0);
    slow.resume();
    const { end, bytes } = await slow.visit;
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(15_000_000);
    await stage[Symbol.asyncDispose]();
  });
});

/** Whether a request to that host is admitted. */
function isLetIn(host: string | undefined, address: Parameters<typeof hostGuard>[0]): boolean {
  const headers = new Map(host === undefined ? [] : [["host", host] as const]);
  try {
    hostGuard(address)({
      method: "GET",
      path: "/",
      query: new URLSearchParams(),
      headers,
      body: new Uint8Array(),
    });
    return true;
  } catch {
    return false;
  }
}

describe("hostGuard()", () => {
  const loopback = { host: "127.0.0.1", port: 9464 };

  test.each(["127.0.0.1:9464", "localhost:9464", "LOCALHOST", "[::1]:9464", "10.0.0.1", undefined])(
    "lets %s in",
    (host) => {
      expect(isLetIn(host, loopback)).toBe(true);
    },
  );

  test.each([
    "evil.example",
    "evil.example:9464",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "[evil]",
  ])("refuses a page of %s that leads to this machine", (host) => {
    expect(isLetIn(host, loopback)).toBe(false);
    expect(isLetIn(host, { host: "::1", port: 9464 })).toBe(false);
  });

  test("accepts any name if it is not limited to loopback, and on a Unix socket", () => {
    expect(isLetIn("metrics.example", { host: "0.0.0.0", port: 9464 })).toBe(true);
    expect(isLetIn("anything", { path: "/run/x.sock" })).toBe(true);
  });
});
