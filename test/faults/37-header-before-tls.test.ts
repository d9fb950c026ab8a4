import { describe, expect, test } from "bun:test";
import type { Ending } from "../../src/net/ending.ts";
import { ServerTls } from "../../src/net/tls/server-tls.ts";
import { writeProxyHeader } from "../../src/protocols/peers/proxy-header.ts";
import { HEADER_TIMEOUT_MS } from "../../src/services/visit/greeting.ts";
import { nextTurn } from "../support/next-turn.ts";
import { certificates } from "../support/own-certificates.ts";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage, type StageOptions } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

const pki = certificates();
const identity = { ca: pki.authority.certificate, pins: [] };
const TLS = { server: new ServerTls({ pairs: [pki.issue("localhost")] }), handshakeTimeout: 10_000 };
const BEHIND: StageOptions = { tls: TLS, proxies: { allow: () => true } };

const ROUTE = { source: { host: "198.51.100.7", port: 1 }, destination: { host: "203.0.113.1", port: 43 } };
const V1 = Buffer.from(writeProxyHeader("v1", ROUTE));
const V2 = Buffer.from(writeProxyHeader("v2", ROUTE));
const LOCAL = Buffer.from(writeProxyHeader("v2", undefined));

/** A client that sends this header and begins TLS in the same segment. */
function tlsAfter(stage: ProxyStage, header: Uint8Array): Visitor {
  return new Visitor(stage.port, undefined, { ...identity, header });
}

/** Lets time pass until that ending is logged: a header that comes in pieces is checked now and then. */
async function told(stage: ProxyStage, wanted: Ending): Promise<void> {
  while (stage.log.count(wanted) === 0) {
    stage.clock.advance(1);
    await nextTurn();
  }
}

describe("Proxy behind proxies, with TLS,", () => {
  test.each([
    ["v1", V1],
    ["v2", V2],
    ["v2 that names nobody", LOCAL],
    ["v1 that names nobody", Buffer.from("PROXY UNKNOWN\r\n")],
  ])("serves who sends a %s in one segment with the beginning of TLS", async (_what, header) => {
    await using stage = await ProxyStage.open(recite, BEHIND);
    for (let i = 0; i < 3; i++) expect(await tlsAfter(stage, header).visit).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test.each<[what: string, bytes: string, ending: Ending]>([
    ["no header, but a request", "show info\n", "client/header/malformed"],
    ["garbage", "\xff\xfe\0\x01\n\r\n", "client/header/malformed"],
    ["a v1 that ends nowhere", `PROXY ${"x".repeat(101)}`, "client/header/too_long"],
    ["a header, and then no TLS", `${V1.toString("latin1")}show info\n`, "client/tls/failed"],
  ])("resets who sends %s, and asks nobody", async (_what, bytes, ending) => {
    await using stage = await ProxyStage.open(undefined, BEHIND);
    const client = new Visitor(stage.port, (socket) => socket.write(Buffer.from(bytes, "latin1")));
    await told(stage, ending);
    expect((await client.visit).end).toBe("reset");
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("resets proxies that begin TLS at once, half-close within a header, or take too long", async () => {
    await using stage = await ProxyStage.open(undefined, BEHIND);
    expect(await tlsAfter(stage, Buffer.alloc(0)).visit).toEqual(nothing);
    await told(stage, "client/header/malformed");
    const short = new Visitor(stage.port, (socket) => {
      socket.write("PROXY TCP4 1.2");
      socket.shutdown();
    });
    await told(stage, "client/header/incomplete");
    expect(await short.visit).toEqual(nothing);
    const late = new Visitor(stage.port, (socket) => socket.write("PROXY TCP4 1.2"));
    while (stage.gauges.clients === 0) await nextTurn();
    stage.clock.advance(HEADER_TIMEOUT_MS);
    expect(await late.visit).toEqual(nothing);
    await stage.log.until("client/header/timeout");
    expect(stage.upstream.connections).toHaveLength(0);
  });

  test("resets others that send a header, and serves those that begin TLS", async () => {
    await using stage = await ProxyStage.open(recite, { ...BEHIND, proxies: { allow: () => false } });
    expect(await tlsAfter(stage, V2).visit).toMatchObject({ bytes: { length: 0 }, end: "refused" });
    await stage.log.until("client/tls/failed");
    expect(await tlsAfter(stage, Buffer.alloc(0)).visit).toEqual(whole);
  });

  test("reports the client that the header names, and counts it by its address before the handshake", async () => {
    await using stage = await ProxyStage.open(undefined, { ...BEHIND, maxClientsPerIp: 2 });
    const clients = [tlsAfter(stage, V2), tlsAfter(stage, V1)];
    await stage.log.until("coalesced");
    expect(await tlsAfter(stage, V2).visit).toEqual(nothing);
    await stage.log.until("proxy/accept/per_ip");
    recite(await stage.upstream.connection());
    for (const client of clients) expect(await client.visit).toEqual(whole);
    await stage.log.until("visited", 3);
    const { source: peer, destination } = ROUTE;
    for (const visit of stage.log.all("visited")) expect(visit).toMatchObject({ peer, destination });
  });

  test("does not fetch for the health check of a proxy, and reports no fault", async () => {
    await using stage = await ProxyStage.open(undefined, BEHIND);
    for (const leave of ["vanish", "endInput"] as const) {
      const check = new Visitor(stage.port, (socket) => socket.write(LOCAL));
      await check[leave]();
      await check.visit;
    }
    const silent = new Visitor(stage.port, (socket) => socket.shutdown());
    await silent.visit;
    await stage.log.until("client/header/check", 3);
    expect(stage.upstream.connections).toHaveLength(0);
  });
});
