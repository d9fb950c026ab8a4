import { describe, expect, test } from "bun:test";
import { ON_UNIX_SOCKET, UNKNOWN } from "../../../src/net/address.ts";
import { AddressRanges, parseRange } from "../../../src/net/clients/ranges.ts";
import { Welcome, type AccessOptions } from "../../../src/services/visit/entrance.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";

/** The outcomes of clients from these hosts, one after the other. */
function tried(access: AccessOptions, ...hosts: string[]) {
  const welcome = new Welcome({ address: { host: "127.0.0.1", port: 0 }, access }, new ManualClock());
  return hosts.map((host) => welcome.admit(Object.assign(new FakeTransport(), { peer: { host, port: 1 } })));
}

const clients = new AddressRanges([parseRange("10.0.0.0/8")]);
const rate = { count: 1, span: 1000 };

describe("Welcome.admit()", () => {
  test("checks the address first, then its rate", () => {
    expect(tried({ clients, rate }, "10.0.0.1", "10.0.0.1", "11.0.0.1")).toEqual([
      undefined,
      "proxy/accept/rate",
      "proxy/accept/access",
    ]);
  });

  test("keeps out clients of unknown address if addresses matter", () => {
    expect(tried({ clients }, UNKNOWN.host)).toEqual(["proxy/accept/access"]);
    expect(tried({}, UNKNOWN.host)).toEqual([undefined]);
  });

  test("admits clients of a Unix socket, whose file permissions decide", () => {
    const { host } = ON_UNIX_SOCKET;
    expect(tried({ clients, rate }, host, host, host)).toEqual([undefined, undefined, undefined]);
  });
});
