import { describe, expect, test } from "bun:test";
import type { Ending } from "../../../src/net/ending.ts";
import type { Protocol, Visit } from "../../../src/net/transport.ts";
import { writeProxyHeader } from "../../../src/protocols/peers/proxy-header.ts";
import { CHECK_MS, HEADER_TIMEOUT_MS } from "../../../src/services/visit/greeting.ts";
import { Reception } from "../../../src/services/visit/reception.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";

const CLIENT = { host: "198.51.100.7", port: 50_000 };
const ROUTE = { source: CLIENT, destination: { host: "203.0.113.1", port: 43 } };
const bytes = (text: string) => Buffer.from(text, "latin1");

/** A reception for clients behind the proxy that FakeTransport comes from, and the clients that it passed on. */
function setUp({ refuses = () => undefined, reads = true, proxy = "192.0.2.1" }: Behind = {}) {
  const clock = new ManualClock();
  const inside: Visit[] = [];
  const told: string[] = [];
  const inner = {
    maxClients: 2,
    admit: (client: Visit) => {
      const refused = refuses(client);
      if (!refused) inside.push(client);
      return refused;
    },
    left: (client: Visit) => void inside.splice(inside.indexOf(client), 1),
  };
  const reception = new Reception(inner, { allow: (host) => host === proxy }, clock);
  const served: Protocol = {
    ...(reads && { dataReceived: (more) => told.push(Buffer.from(more).toString("latin1")) }),
    inputEnded: () => told.push("end"),
    writable: () => told.push("writable"),
    draining: () => told.push("draining"),
    connectionLost: (error) => told.push(`lost ${error?.message ?? "in order"}`),
  };
  const come = () => {
    const client = new FakeTransport();
    const refused = reception.admit(client);
    if (refused) return { client, refused, protocol: undefined };
    const protocol = reception.greet(client, () => {
      told.push("served");
      return served;
    });
    return { client, protocol, refused };
  };
  const leave = ({ client, protocol }: { client: FakeTransport; protocol?: Protocol | undefined }) => {
    protocol?.connectionLost?.();
    reception.left(client);
  };
  return { clock, inside, told, come, leave, reception };
}

interface Behind {
  readonly refuses?: (client: Visit) => Ending | undefined;
  /** Whether the served protocol reads what clients send. */
  readonly reads?: boolean;
  readonly proxy?: string;
}

describe.each(["v1", "v2"] as const)("Reception, of a proxy that sends headers of %s,", (version) => {
  const header = writeProxyHeader(version, ROUTE);
  const own = writeProxyHeader(version, undefined);

  test("serves the client that the header names, with what follows it", () => {
    const { come, told, inside, clock } = setUp();
    const { client, protocol } = come();
    expect(inside).toEqual([]); // The client is not known yet.
    protocol?.dataReceived?.(Buffer.concat([header, bytes("show info\n")]));
    expect(told).toEqual(["served", "show info\n"]);
    expect(client).toMatchObject({ peer: CLIENT, destination: ROUTE.destination, status: undefined });
    expect(inside).toEqual([client]);
    expect(clock.pending).toBe(0);
  });

  test("accepts a header that arrives byte by byte", () => {
    const { come, told } = setUp();
    const { client, protocol } = come();
    for (const each of header) protocol?.dataReceived?.(Uint8Array.of(each));
    expect([client.peer, told]).toEqual([CLIENT, ["served"]]);
  });

  test("passes on everything that happens to a client that is served", () => {
    const { come, leave, told } = setUp();
    const visit = come();
    visit.protocol?.dataReceived?.(header);
    visit.protocol?.dataReceived?.(bytes("more"));
    visit.protocol?.inputEnded?.();
    visit.protocol?.writable?.();
    visit.protocol?.draining?.();
    leave(visit);
    expect(told).toEqual(["served", "more", "end", "writable", "draining", "lost in order"]);
  });

  test("applies access rules to the client, and counts it from then on", () => {
    const { come, leave, told, inside } = setUp({
      refuses: ({ peer }) => (peer.host === CLIENT.host ? "proxy/accept/per_ip" : undefined),
    });
    const visit = come();
    visit.protocol?.dataReceived?.(header);
    expect(visit.client).toMatchObject({ end: "abort", ending: "proxy/accept/per_ip", peer: CLIENT });
    leave(visit);
    expect([inside, told]).toEqual([[], []]);
  });

  test("makes a proxy that names no client wait, and then serves it as a client", () => {
    const { come, told, inside, clock } = setUp();
    const { client, protocol } = come();
    protocol?.dataReceived?.(own);
    expect(told).toEqual([]);
    clock.advance(CHECK_MS);
    expect([told, inside, client.peer.host]).toEqual([["served"], [client], "192.0.2.1"]);
    protocol?.dataReceived?.(bytes("show info\n"));
    protocol?.inputEnded?.();
    expect(told).toEqual(["served", "show info\n", "end"]);
    expect(client.status).toBeUndefined();
  });

  test("serves a proxy that names no client at once if it sends a request", () => {
    const { come, told, clock } = setUp();
    const { protocol } = come();
    protocol?.dataReceived?.(Buffer.concat([own, bytes("show info\n")]));
    clock.advance(CHECK_MS);
    expect(told).toEqual(["served", "show info\n"]);
  });

  test("does not serve one that hangs up at once: it made a health check", () => {
    const { come, leave, told, clock } = setUp();
    const visit = come();
    visit.protocol?.dataReceived?.(own);
    expect(visit.client.status).toBe("check");
    leave(visit);
    clock.advance(CHECK_MS);
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  test("does not serve one that half-closes at once, nor later if a request is awaited", () => {
    const { come, told, clock } = setUp();
    const [early, late] = [come(), come()];
    early.protocol?.dataReceived?.(own);
    early.protocol?.inputEnded?.();
    clock.advance(CHECK_MS);
    expect(told).toEqual([]);
    expect(early.client).toMatchObject({ end: "close", ending: "client/header/check" });
    late.protocol?.dataReceived?.(own);
    clock.advance(CHECK_MS);
    late.protocol?.inputEnded?.();
    expect(late.client).toMatchObject({ end: "close", ending: "client/header/check" });
    expect(told).not.toContain("end");
  });

  test("serves one that half-closes later if no request is awaited", () => {
    const { come, told, clock } = setUp({ reads: false });
    const { client, protocol } = come();
    protocol?.dataReceived?.(own);
    clock.advance(CHECK_MS);
    protocol?.inputEnded?.();
    expect(told).toEqual(["served", "end"]);
    expect(client.end).toBeUndefined();
  });

  test("rejects a header from anybody else if input is read", () => {
    const { come, told } = setUp({ proxy: "192.0.2.99" });
    const { client, protocol } = come();
    protocol?.dataReceived?.(header);
    expect(client).toMatchObject({ end: "abort", ending: "client/header/unexpected" });
    expect(told).toEqual(["served"]);
  });

  test("lets anybody else send anything if input is not read", () => {
    const { come, told } = setUp({ proxy: "192.0.2.99", reads: false });
    const { client, protocol } = come();
    protocol?.dataReceived?.(header);
    expect([told, client.end]).toEqual([["served"], undefined]);
  });
});

describe("Reception", () => {
  test("does not serve clients that left before their address could be read", () => {
    const { told, inside, reception } = setUp();
    const client = new FakeTransport();
    client.peer = { host: "unknown", port: 0 };
    expect(reception.admit(client)).toBeUndefined();
    reception.greet(client, () => {
      told.push("served");
      return {};
    });
    expect(client).toMatchObject({ end: "abort", ending: "client/header/check" });
    reception.left(client);
    expect([told, inside]).toEqual([[], []]);
  });

  test("treats a proxy that leaves without a byte as a health check", () => {
    const { come, leave, told } = setUp();
    const [ends, leaves] = [come(), come()];
    ends.protocol?.inputEnded?.();
    expect(ends.client).toMatchObject({ end: "close", ending: "client/header/check" });
    expect(leaves.client.status).toBe("check");
    leave(leaves);
    expect(told).toEqual([]);
  });

  test("treats a proxy that names its own connection as one that names no client: v1 has no other way", () => {
    const { come, told, clock } = setUp();
    const { client, protocol } = come();
    const { peer, destination } = client;
    protocol?.dataReceived?.(writeProxyHeader("v1", { source: peer, destination }));
    expect([told, client.status]).toEqual([[], "check"]);
    clock.advance(CHECK_MS);
    expect(told).toEqual(["served"]);
  });

  test.each([
    ["GET hosts\n", "client/header/malformed", "PROXY header missing"],
    ["PROXY TCP4 1.2.3.4\r\n", "client/header/malformed", "PROXY header without addresses and ports"],
    [`PROXY ${"x".repeat(200)}`, "client/header/too_long", "PROXY header longer than 107 bytes"],
  ] as const)("resets a proxy that begins with %j", (text, ending, detail) => {
    const { come, leave, told, clock, inside } = setUp();
    const visit = come();
    visit.protocol?.dataReceived?.(bytes(text));
    expect(visit.client).toMatchObject({ end: "abort", ending, detail });
    visit.protocol?.dataReceived?.(bytes("more"));
    leave(visit);
    expect([told, inside, clock.pending]).toEqual([[], [], 0]);
  });

  test("resets a proxy whose header is cut short, or late", () => {
    const { come, leave, told, clock } = setUp();
    const short = come();
    short.protocol?.dataReceived?.(bytes("PROXY TCP4"));
    short.protocol?.inputEnded?.();
    expect(short.client).toMatchObject({ ending: "client/header/incomplete" });
    leave(short);
    const late = come();
    late.protocol?.dataReceived?.(bytes("PROXY TCP4"));
    clock.advance(HEADER_TIMEOUT_MS);
    expect(late.client).toMatchObject({
      end: "abort",
      ending: "client/header/timeout",
      detail: "PROXY header not complete after 3s",
    });
    leave(late);
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  test("resets a proxy whose header has not arrived when the service stops", () => {
    const { come } = setUp();
    const { client, protocol } = come();
    protocol?.draining?.();
    expect(client).toMatchObject({ end: "abort", ending: "proxy/request/draining" });
  });

  test("holds no more connections than the service admits clients", () => {
    const { come, leave } = setUp();
    const [first, second, third] = [come(), come(), come()];
    expect([first.refused, second.refused, third.refused]).toEqual([
      undefined,
      undefined,
      "proxy/accept/limit",
    ]);
    leave(first);
    expect(come().refused).toBeUndefined();
  });

  test("accepts requests of others that only look like a header", () => {
    const { come, told } = setUp({ proxy: "192.0.2.99" });
    const { protocol } = come();
    for (const each of "PROXY WARS\r\n") protocol?.dataReceived?.(bytes(each));
    protocol?.inputEnded?.();
    protocol?.writable?.();
    protocol?.draining?.();
    protocol?.connectionLost?.();
    expect(told.slice(1, 13).join("")).toBe("PROXY WARS\r\n");
    expect(told.slice(13)).toEqual(["end", "writable", "draining", "lost in order"]);
  });
});
