import { describe, expect, test } from "bun:test";
import type { Socket } from "bun";
import type { RequestRules } from "../../../src/services/proxy/requests.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { answered, nothing } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";
import { stageTls } from "../../support/stage-tls.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import { Visitor, type Visit } from "../../support/visitor.ts";

const LINE: RequestRules = { framing: "line", requestTimeout: 10_000, folds: [] };

/** With --allow, a request that is not cacheable is fetched for its client alone instead of passing through. */
const SHOW = { allow: /./, cacheable: /^show / };

/** An upstream that echoes each complete line. */
function echo(connection: PeerConnection): void {
  connection.onData = () => {
    if (connection.received.endsWith("\n")) connection.send(`<${connection.received.trim()}>`).fin();
  };
}

/** The outcome of a client that asks. */
async function ask(stage: ProxyStage, request: string): Promise<Visit> {
  const visitor = new Visitor(stage.port);
  await visitor.send(request);
  return visitor.visit;
}

/** A client that asks and half-closes at once. */
function askAndEnd(stage: ProxyStage, request: string): Promise<Visit> {
  const greet = (socket: Socket) => {
    socket.write(request);
    socket.shutdown();
  };
  return new Visitor(stage.port, greet).visit;
}

describe("Proxy with requests", () => {
  test("fetches each request once, and sends each its own answer", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    for (const title of ["ecstasy", "science", "ecstasy", "science", "__proto__"]) {
      expect(await ask(stage, `${title}\r\n`)).toEqual(answered(`<${title}>`));
    }
    expect(stage.upstream.connections.map(({ received }) => received)).toEqual([
      "ecstasy\r\n",
      "science\r\n",
      "__proto__\r\n",
    ]);
  });

  test("shares one fetch among all clients with the same request, and no others", async () => {
    await using stage = await ProxyStage.open(undefined, { requests: LINE });
    const same = Array.from({ length: 20 }, () => ask(stage, "ecstasy\n"));
    const other = ask(stage, "science\n");
    await stage.log.until("coalesced", 19);
    await stage.log.until("miss", 2);
    const { connections } = stage.upstream;
    await stage.upstream.until(
      () => connections.length === 2 && connections.every((each) => each.received !== ""),
    );
    for (const connection of connections) connection.send(`<${connection.received.trim()}>`).fin();
    for (const one of same) expect(await one).toEqual(answered("<ecstasy>"));
    expect(await other).toEqual(answered("<science>"));
  });

  test.skipIf(stageTls !== undefined)(
    "tells that a client left which was gone before its answer was written",
    async () => {
      await using stage = await ProxyStage.open(echo, { requests: LINE });
      await ask(stage, "ecstasy\n");
      await new Visitor(stage.port, (socket) => {
        socket.write("ecstasy\n");
        socket.terminate(); // The proxy finds request and reset at once.
      }).visit;
      await stage.log.until("hit");
      await stage.log.until("client/data/reset");
      expect(stage.log.all("visited").at(-1)).toMatchObject({ status: "hit", bytesOut: 0 });
    },
  );

  test("connects only when the request is complete, even if sent one byte at a time", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    const visitor = new Visitor(stage.port, (socket) => void socket.setNoDelay(true));
    for (const letter of "ecstasy\r") {
      await visitor.send(letter);
      await nextTurn();
    }
    expect(stage.upstream.connections).toHaveLength(0);
    await visitor.send("\n");
    expect(await visitor.visit).toEqual(answered("<ecstasy>"));
  });

  test("forwards exactly the request, and nothing that comes after it", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    expect(await ask(stage, "ecstasy\nscience\nand more")).toEqual(answered("<ecstasy>"));
    expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["ecstasy\r\n"]);
  });

  test("answers a client that half-closes after its request", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    expect(await askAndEnd(stage, "ecstasy\n")).toEqual(answered("<ecstasy>"));
    expect(await askAndEnd(stage, "ecstasy\n")).toEqual(answered("<ecstasy>"));
    // TLS ends both sides at the end of one.
    if (!stageTls) expect(stage.upstream.connections.map(({ inputEnded }) => inputEnded)).toEqual([false]);
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("accepts a half-close as the end of a line, half-closes as well, and uses another key", async () => {
    await using stage = await ProxyStage.open(
      (connection) => {
        connection.onEnd = () => connection.send("unterminated").fin();
        echo(connection);
      },
      { requests: LINE },
    );
    expect(await askAndEnd(stage, "root")).toEqual(answered("unterminated"));
    expect(await ask(stage, "root\n")).toEqual(answered("<root>"));
    expect(stage.upstream.connections).toHaveLength(2);
  });

  test("sends what the key says, not what the first client sent", async () => {
    const requests = { ...LINE, folds: ["trim", "lower"] as const };
    await using stage = await ProxyStage.open(echo, { requests });
    expect(await ask(stage, " Example.ORG\n")).toEqual(answered("<example.org>"));
    expect(await ask(stage, "example.org\r\n")).toEqual(answered("<example.org>"));
    expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["example.org\r\n"]);
  });

  test.each(["\n", "\r\n"] as const)(
    "ends the lines of a shared request with %j, if told so",
    async (eol) => {
      await using stage = await ProxyStage.open(echo, { requests: { ...LINE, eol } });
      for (const line of ["a\n", "a\r\n", "b\r\n", "b\n"]) await ask(stage, line);
      expect(stage.upstream.connections.map(({ received }) => received)).toEqual([`a${eol}`, `b${eol}`]);
    },
  );

  test("passes on unshared requests unchanged", async () => {
    const requests = { ...LINE, folds: ["trim", "lower"] as const, cacheable: /^show / };
    await using stage = await ProxyStage.open(echo, { requests });
    expect(await ask(stage, " DROP table\n")).toEqual(answered("<DROP table>"));
    expect(stage.upstream.connections.map(({ received }) => received)).toEqual([" DROP table\n"]);
  });

  test("applies --allow before anything is dropped", async () => {
    const keyDrop = { cut: (text: string) => text.replace("; drop table", "") };
    const requests = { ...LINE, allow: /^show \w+$/, keyDrop };
    await using stage = await ProxyStage.open(echo, { requests });
    expect(await ask(stage, "show info; drop table\n")).toEqual(nothing);
    expect(await ask(stage, "show info\n")).toEqual(answered("<show info>"));
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("fetches uncacheable requests for each client separately", async () => {
    await using stage = await ProxyStage.open(undefined, { requests: { ...LINE, ...SHOW } });
    const visits = [ask(stage, "drop table\n"), ask(stage, "drop table\n")];
    await stage.upstream.until(() => stage.upstream.connections.length === 2);
    expect(stage.log.count("pass")).toBe(2);
    for (const [index, connection] of stage.upstream.connections.entries()) connection.send(`${index}`).fin();
    expect((await Promise.all(visits)).map(({ bytes }) => bytes.toString()).toSorted()).toEqual(["0", "1"]);
    const third = ask(stage, "drop table\n");
    (await stage.upstream.connection(2)).send("2").fin();
    expect(await third).toEqual(answered("2"));
  });

  test("cancels the fetch for a single client when that leaves", async () => {
    await using stage = await ProxyStage.open(undefined, { requests: { ...LINE, ...SHOW } });
    const leaver = new Visitor(stage.port);
    await leaver.send("drop table\n");
    await stage.log.until("connected");
    await leaver.vanish();
    await stage.log.until("fetchFailed");
    await stage.upstream.until(() => stage.upstream.open === 0);
  });

  test("resets requests that --allow does not admit, without contacting the upstream", async () => {
    await using stage = await ProxyStage.open(echo, { requests: { ...LINE, allow: /^show / } });
    expect(await ask(stage, "drop table\n")).toEqual(nothing);
    expect(await ask(stage, "show info\n")).toEqual(answered("<show info>"));
    expect(stage.upstream.connections).toHaveLength(1);
    await stage.log.until("client/request", 1);
  });

  test.each([
    ["too long", "x".repeat(4097)],
    ["of the very limit and a line feed", `${"x".repeat(4096)}\n`],
  ])("resets a request that is %s, without a word to the upstream", async (_what, request) => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    expect(await ask(stage, request)).toEqual(nothing);
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("resets a client that is late with its request", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    const deadline = stage.clock.nextCall();
    const late = ask(stage, "ecst");
    await deadline;
    stage.clock.advance(10_000);
    expect(await late).toEqual(nothing);
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("resets a client that half-closes without a request", async () => {
    await using stage = await ProxyStage.open(echo, { requests: LINE });
    expect(await askAndEnd(stage, "")).toEqual(nothing);
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("half-closes to the upstream after an eof request", async () => {
    await using stage = await ProxyStage.open(
      (connection) => (connection.onEnd = () => connection.send(`<${connection.received}>`).fin()),
      { requests: { ...LINE, framing: "eof" } },
    );
    expect(await askAndEnd(stage, "query www")).toEqual(answered("<query www>"));
  });

  test("keeps answers as long as --ttl-for says, and none that --no-store matches", async () => {
    await using stage = await ProxyStage.open(echo, {
      requests: LINE,
      ttl: 60_000,
      noStore: /limit/,
      ttlFor: [{ pattern: /none/, ttl: 1000 }],
    });
    for (const line of ["limit\n", "none\n", "some\n"]) await ask(stage, line);
    stage.clock.advance(1000);
    for (const line of ["limit\n", "none\n", "some\n"]) await ask(stage, line);
    expect(stage.upstream.connections.map(({ received }) => received)).toEqual([
      "limit\r\n",
      "none\r\n",
      "some\r\n",
      "limit\r\n",
      "none\r\n",
    ]);
  });

  test("waits at a stop only for clients that have sent their request", async () => {
    await using stage = await ProxyStage.open(undefined, { requests: LINE });
    const deadline = stage.clock.nextCall();
    const silent = new Visitor(stage.port).visit;
    await deadline;
    const asked = ask(stage, "ecstasy\n");
    const connection = await stage.upstream.connection();
    const drained = stage.proxy.drain();
    expect(await silent).toEqual(nothing);
    connection.send("poem").fin();
    expect(await asked).toEqual(answered("poem"));
    await drained;
  });

  test("turns clients away when there are too many", async () => {
    await using stage = await ProxyStage.open(undefined, { maxClients: 2 });
    const [first, second] = await stage.visitors(2);
    expect(await stage.visit()).toEqual(nothing);
    expect(stage.log.count("turnedAway")).toBe(1);
    (await stage.upstream.connection()).send("poem").fin();
    expect(await first?.visit).toEqual(answered("poem"));
    expect(await second?.visit).toEqual(answered("poem"));
  });
});
