import { describe, expect, test } from "bun:test";
import { FrameError } from "../../../src/protocols/frame.ts";
import {
  beginsWithProxyHeader,
  proxyHeaderReader,
  readProxyHeader,
  writeProxyHeader,
} from "../../../src/protocols/peers/proxy-header.ts";
import { fuzzHeaders } from "./header-fuzz.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

/** Version 2: command and family, then what the length counts. */
function version2(start: string, rest = "", length = rest.length): Buffer {
  const counted = Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from(SIGNATURE + start, "latin1"), counted, Buffer.from(rest, "latin1")]);
}

const TCP4 = "\xc0\0\x02\x01\xc0\0\x02\x02\xdc\x04\x01\xbb";
const ROUTE = {
  source: { host: "192.0.2.1", port: 56_324 },
  destination: { host: "192.0.2.2", port: 443 },
};
const ROUTE6 = {
  source: { host: "2001:db8::1", port: 1 },
  destination: { host: "2001:db8::2", port: 65_535 },
};

const ROUTE_TO_ITSELF = { source: { host: "::", port: 0 }, destination: { host: "::1", port: 2 } };

/** A reader's result for bytes that come in one piece, after which more may follow. */
function read(bytes: Uint8Array): unknown {
  try {
    const header = proxyHeaderReader().take(bytes);
    return header ? { route: readProxyHeader(header.bytes), length: header.bytes.length } : "more to come";
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return `${error.fault}: ${error.message}`;
  }
}

describe("readProxyHeader()", () => {
  test.each([
    ["PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", ROUTE],
    ["PROXY TCP6 2001:db8::1 2001:DB8:0::2 1 65535\r\n", ROUTE6],
    ["PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 56324 443\r\n", ROUTE],
    ["PROXY UNKNOWN\r\n", undefined],
    [`PROXY UNKNOWN ${"f".repeat(91)}\r\n`, undefined],
    [version2("\x21\x11", TCP4), ROUTE],
    [version2("\x21\x11", `${TCP4}\x04\0\x03abc\x05\0\0`), ROUTE], // With extensions.
    [version2("\x21\x21", `${"\0".repeat(31)}\x01${"\0".repeat(3)}\x02`), ROUTE_TO_ITSELF],
    [version2("\x20\0"), undefined],
    [version2("\x20\x11", "anything at all"), undefined],
    [version2("\x21\0", "anything at all"), undefined],
    [version2("\x21\x31", "\0".repeat(216)), undefined],
    [version2("\x20\0", "\0".repeat(4080)), undefined],
  ])("reads %j, and leaves what follows", (bytes, route) => {
    const header = Buffer.from(bytes);
    expect(read(Buffer.concat([header, Buffer.from("GET")]))).toEqual({
      route,
      length: header.length,
    });
  });

  test.each([
    ["GET hosts\n", "malformed: missing"],
    ["proxy TCP4", "malformed: missing"],
    ["PROXX", "malformed: missing"],
    ["\r\n\r\n\0\r\nQUIT\r", "malformed: missing"],
    ["PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\n", "malformed: without CR at its end"],
    [`PROXY ${"x".repeat(101)}`, "too_long: longer than 107 bytes"],
    [`PROXY UNKNOWN ${"f".repeat(92)}\r\n`, "too_long: longer than 107 bytes"],
    ...[
      "PROXY \r\n",
      "PROXY TCP4\r\n",
      "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
      "PROXY unknown\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
      "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.256 1 2\r\n",
      "PROXY TCP4 ::1 ::1 1 2\r\n",
      "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
      "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
      "PROXY constructor 192.0.2.1 192.0.2.2 1 2\r\n",
    ].map((each) => [each, "malformed: without addresses and ports"] as const),
    [version2("\x11\x11", TCP4), "malformed: of an unknown version or command"],
    [version2("\x2f\x11", TCP4), "malformed: of an unknown version or command"],
    [version2("\x21\x12", TCP4), "malformed: for something other than a stream"],
    [version2("\x21\xff", TCP4), "malformed: for something other than a stream"],
    [version2("\x21\x11", TCP4.slice(1)), "malformed: with extensions of the wrong length"],
    [version2("\x21\x11"), "malformed: with extensions of the wrong length"],
    [version2("\x21\x11", `${TCP4}\x04`), "malformed: with extensions of the wrong length"],
    [version2("\x21\x11", `${TCP4}\x04\0\x09abc`), "malformed: with extensions of the wrong length"],
    [version2("\x21\x11", `${TCP4}\x04\xff\xff`), "malformed: with extensions of the wrong length"],
    [version2("\x21\x11", "", 0xffff), "too_long: longer than 4096 bytes"],
    [version2("\x20\0", "", 4081), "too_long: longer than 4096 bytes"],
  ])("refuses %j: %s", (bytes, expected) => {
    expect(read(Buffer.from(bytes))).toBe(expected);
  });

  test("waits for the rest of what may become one", () => {
    for (const header of [writeProxyHeader("v1", ROUTE), writeProxyHeader("v2", ROUTE6)])
      for (let length = 0; length < header.length; length++)
        expect(read(header.subarray(0, length))).toBe("more to come");
  });
});

describe("writeProxyHeader()", () => {
  test.each(["v1", "v2"] as const)("writes what is read again, %s", (version) => {
    for (const route of [ROUTE, ROUTE6, undefined]) {
      const header = writeProxyHeader(version, route);
      expect(read(header)).toEqual({ route, length: header.length });
    }
  });

  test("writes the bytes of the protocol", () => {
    expect(writeProxyHeader("v1", ROUTE).toString()).toBe("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n");
    expect(writeProxyHeader("v1", undefined).toString()).toBe("PROXY UNKNOWN\r\n");
    expect(version2("\x21\x11", TCP4).equals(writeProxyHeader("v2", ROUTE))).toBe(true);
    expect(version2("\x20\0").equals(writeProxyHeader("v2", undefined))).toBe(true);
  });

  test("converts addresses of both families to one, and omits zones", () => {
    const mixed = { source: ROUTE6.source, destination: ROUTE.destination };
    expect(Buffer.from(writeProxyHeader("v1", mixed)).toString()).toBe(
      "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 1 443\r\n",
    );
    expect(read(writeProxyHeader("v2", mixed))).toEqual({ route: mixed, length: 52 });
    const local = { source: { host: "fe80::1%eth0", port: 1 }, destination: ROUTE6.destination };
    expect(Buffer.from(writeProxyHeader("v1", local)).toString()).toContain(" fe80::1 2001:db8::2 ");
  });
});

test("beginsWithProxyHeader() recognizes a complete signature", () => {
  for (const text of ["PROXY TCP4 ", "PROXY TCP6 ::", "PROXY UNKNOWN\r", SIGNATURE, `${SIGNATURE}!`])
    expect([text, beginsWithProxyHeader(Buffer.from(text))]).toEqual([text, true]);
  for (const text of ["", "P", "PROXY ", "\r\n\r\n", "GET", "PROXY\n", "PROXY WARS\n", "\r\n\r\n\0\r\nQUIT"])
    expect([text, beginsWithProxyHeader(Buffer.from(text))]).toEqual([text, false]);
});

test("A reader of headers treats any bytes the same in one piece and one by one, and only fails with its own error", () => {
  fuzzHeaders(20_000, 1);
});
