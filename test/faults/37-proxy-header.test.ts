import { describe, expect, test } from "bun:test";
import type { Ending } from "../../src/net/ending.ts";
import { writeProxyHeader } from "../../src/protocols/peers/proxy-header.ts";
import { HEADER_TIMEOUT_MS } from "../../src/services/visit/greeting.ts";
import { answered, nothing, POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

const ROUTE = { source: { host: "198.51.100.7", port: 1 }, destination: { host: "203.0.113.1", port: 43 } };
const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const V2 = Buffer.from(writeProxyHeader("v2", ROUTE)).toString("latin1");

const FROM_ALL = { allow: () => true };
const FROM_NOBODY = { allow: () => false };
const BY_LINE = { framing: "line", requestTimeout: 10_000, folds: [] } as const;

/** A client that sends this text in steps, each in a packet of its own. */
async function come(stage: ProxyStage, text: string, step = text.length): Promise<Visitor> {
  const client = new Visitor(stage.port);
  for (let at = 0; at < text.length; at += step)
    await client.send(Buffer.from(text.slice(at, at + step), "latin1"));
  return client;
}

describe.each([
  ["none", undefined],
  ["line", BY_LINE],
] as const)("Proxy behind proxies, with requests of %s,", (_framing, requests) => {
  const options = { proxies: FROM_ALL, ...(requests && { requests }) };

  test.each<[what: string, header: string, ending: Ending]>([
    ["no header", "show info\n", "client/header/malformed"],
    ["garbage", "\xff\xfe\0\x01\n\r\n", "client/header/malformed"],
    ["a v1 that ends nowhere", `PROXY ${"x".repeat(101)}`, "client/header/too_long"],
    ["a v1 of 108 bytes", `PROXY UNKNOWN ${"f".repeat(92)}\r\n`, "client/header/too_long"],
    ["a v1 with another family", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", "client/header/malformed"],
    ["an oversized v2", `${SIGNATURE}\x21\x11\xff\xff`, "client/header/too_long"],
    ["a v2 whose addresses do not fit", `${SIGNATURE}\x21\x11\0\x04abcd`, "client/header/malformed"],
    [
      "a v2 whose TLV lies",
      `${SIGNATURE}\x21\x11\0\x0f${"\0".repeat(12)}\x04\xff\xff`,
      "client/header/malformed",
    ],
    ["a v3", `${SIGNATURE}\x31\x11\0\0`, "client/header/malformed"],
  ])("resets who sends %s, in one piece or byte by byte, and asks nobody", async (_what, header, ending) => {
    await using stage = await ProxyStage.open(undefined, options);
    expect(await (await come(stage, header)).visit).toEqual(nothing);
    expect(await (await come(stage, header, 1)).visit).toEqual(nothing);
    await stage.log.until(ending, 2);
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("resets proxies that half-close within a header or take too long", async () => {
    await using stage = await ProxyStage.open(undefined, options);
    const short = new Visitor(stage.port, (socket) => {
      socket.write("PROXY TCP4 1.2");
      socket.shutdown();
    });
    expect(await short.visit).toEqual(nothing);
    const started = stage.clock.nextCall();
    const late = new Visitor(stage.port);
    await started;
    stage.clock.advance(HEADER_TIMEOUT_MS);
    expect(await late.visit).toEqual(nothing);
    await stage.log.until("client/header/incomplete");
    await stage.log.until("client/header/timeout");
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test.each([
    ["107 bytes of v1", `PROXY UNKNOWN ${"f".repeat(91)}\r\n`],
    ["a v1", "PROXY TCP6 2001:db8::1 2001:db8::2 65535 0\r\n"],
    ["a v2", V2],
    ["a v2 with a TLV", `${SIGNATURE}\x21\x11\0\x10${"\x01".repeat(12)}\x04\0\x01\0`],
  ])(
    "serves who sends %s, in one piece or byte by byte, and passes nothing of it on",
    async (_what, header) => {
      await using stage = await ProxyStage.open(requests ? undefined : recite, options);
      stage.upstream.script = (upstream) => {
        if (requests) upstream.onData = () => recite(upstream);
        else recite(upstream);
      };
      expect(await (await come(stage, `${header}show info\n`)).visit).toEqual(whole);
      expect(await (await come(stage, `${header}show info\n`, 1)).visit).toEqual(answered(POEM));
      expect(stage.upstream.connections.map(({ received }) => received)).toEqual([
        requests ? "show info\r\n" : "",
      ]);
    },
  );
});

describe("Proxy behind proxies", () => {
  test("resets others that send a header, in one piece or byte by byte, if it reads requests", async () => {
    await using stage = await ProxyStage.open(undefined, { proxies: FROM_NOBODY, requests: BY_LINE });
    const v1 = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nshow info\n";
    for (const client of [
      await come(stage, v1),
      await come(stage, v1, 1),
      await come(stage, `${V2}show info\n`),
    ])
      expect(await client.visit).toEqual(nothing);
    await stage.log.until("client/header/unexpected", 3);
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("lets others send anything if it reads nothing", async () => {
    await using stage = await ProxyStage.open(recite, { proxies: FROM_NOBODY });
    expect(await (await come(stage, `${V2}show info\n`)).visit).toEqual(whole);
  });

  test("reports the client that the header names, and counts it by its address", async () => {
    await using stage = await ProxyStage.open(undefined, { proxies: FROM_ALL, maxClientsPerIp: 2 });
    const clients = [await come(stage, V2), await come(stage, V2)];
    await stage.log.until("coalesced");
    expect(await (await come(stage, V2)).visit).toEqual(nothing);
    await stage.log.until("proxy/accept/per_ip");
    recite(await stage.upstream.connection());
    for (const client of clients) expect(await client.visit).toEqual(whole);
    await stage.log.until("visited", 3);
    const { source: peer, destination } = ROUTE;
    for (const visit of stage.log.all("visited")) expect(visit).toMatchObject({ peer, destination });
  });

  test("does not fetch for the health check of a proxy, and reports no fault", async () => {
    await using stage = await ProxyStage.open(undefined, { proxies: FROM_ALL });
    const local = Buffer.from(writeProxyHeader("v2", undefined)).toString("latin1");
    await (await come(stage, local)).vanish();
    await stage.log.until("client/header/check");
    expect(stage.upstream.connections).toHaveLength(0);
  });
});
