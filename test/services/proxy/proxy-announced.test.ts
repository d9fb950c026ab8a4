import { describe, expect, test } from "bun:test";
import {
  readProxyHeader,
  proxyHeaderReader,
  writeProxyHeader,
} from "../../../src/protocols/peers/proxy-header.ts";
import type { RequestRules } from "../../../src/services/proxy/requests.ts";
import { POEM, recite, whole } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import { stageTls } from "../../support/stage-tls.ts";
import { Visitor } from "../../support/visitor.ts";

const BY_LINE: RequestRules = { framing: "line", requestTimeout: 10_000, folds: [], cacheable: /^show / };
const PASSING: RequestRules = { ...BY_LINE, allow: /./ };

/** An upstream that sends the poem once it has a request. */
const reciteWhenAsked = (upstream: PeerConnection): void => {
  upstream.onData = () => {
    if (upstream.received.endsWith("\n")) recite(upstream);
  };
};

/** The PROXY header that an upstream got, and the bytes after it. */
function heard({ received }: PeerConnection): { route: unknown; rest: string } {
  const bytes = Buffer.from(received, "latin1");
  const header = proxyHeaderReader().take(bytes)?.bytes ?? new Uint8Array(0);
  return { route: readProxyHeader(header), rest: received.slice(header.length) };
}

describe.each(["v1", "v2"] as const)("Proxy that is to send PROXY headers of %s", (sendProxy) => {
  test("names no client if clients share an answer", async () => {
    await using stage = await ProxyStage.open(reciteWhenAsked, { sendProxy, requests: BY_LINE });
    expect(await (await stage.asker("show info\n")).visit).toEqual(whole);
    expect(stage.upstream.connections.map(heard)).toEqual([{ route: undefined, rest: "show info\r\n" }]);
  });

  test("names no client if clients send no request", async () => {
    await using stage = await ProxyStage.open(undefined, { sendProxy });
    const [visitor] = await stage.visitors(1);
    const upstream = await stage.upstream.connection();
    const header = Buffer.from(writeProxyHeader(sendProxy, undefined)).toString("latin1");
    await stage.upstream.until(() => upstream.received === header);
    recite(upstream);
    expect(await visitor?.visit).toEqual(whole);
  });

  test.each([
    ["passes through", BY_LINE],
    ["is passed on alone", PASSING],
  ])("names the client whose request %s", async (_how, requests) => {
    await using stage = await ProxyStage.open(reciteWhenAsked, { sendProxy, requests });
    const client = await stage.asker("add map m\n");
    await stage.lastIs("pass");
    const [visit] = stage.visits;
    const route = { source: visit?.peer, destination: { host: "127.0.0.1", port: stage.port } };
    expect(await client.visit).toEqual(whole);
    expect(route.source?.host).toBe("127.0.0.1");
    expect(stage.upstream.connections.map(heard)).toEqual([{ route, rest: "add map m\n" }]);
  });

  // With TLS the header comes before it: test/faults/37-header-before-tls.test.ts.
  test.skipIf(stageTls !== undefined)("names the client that another proxy named", async () => {
    const route = {
      source: { host: "2001:db8::1", port: 50_000 },
      destination: { host: "203.0.113.1", port: 43 },
    };
    const proxies = { allow: () => true };
    await using stage = await ProxyStage.open(reciteWhenAsked, { sendProxy, requests: BY_LINE, proxies });
    const client = new Visitor(stage.port);
    await client.send(Buffer.concat([writeProxyHeader("v2", route), Buffer.from("add map m\n")]));
    expect((await client.visit).bytes.toString()).toBe(POEM);
    expect(stage.upstream.connections.map(heard)).toEqual([{ route, rest: "add map m\n" }]);
  });
});
