import { describe, expect, test } from "bun:test";
import {
  familyOf,
  formatAddress,
  isLiteral,
  listeningHost,
  normalizeHost,
  parseAddress,
  parseHost,
  parseLiteral,
  parsePort,
} from "../../src/net/address.ts";

describe("parseAddress()", () => {
  test.each([
    ["10001", "127.0.0.1", 10001],
    ["localhost:43", "localhost", 43],
    ["whois.example.org:43", "whois.example.org", 43],
    ["192.0.2.7:65535", "192.0.2.7", 65535],
    ["[::1]:10001", "::1", 10001],
    ["[2001:db8::7]:1", "2001:db8::7", 1],
    ["under_score:1", "under_score", 1],
  ])("reads %s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each([
    ["unix:/run/haproxy/admin.sock", "/run/haproxy/admin.sock"],
    ["unix:/run/with blank:and colon", "/run/with blank:and colon"],
    ["unix:@livestatus", "@livestatus"],
    [`unix:/${"ü".repeat(53)}`, `/${"ü".repeat(53)}`],
  ])("reads %s", (text, path) => {
    expect(parseAddress(text)).toEqual({ path });
  });

  test("reads a host called unix", () => {
    expect(parseAddress("unix:43")).toEqual({ host: "unix", port: 43 });
  });

  test.each([
    ["", "port"],
    ["0", "from 1 to 65535"],
    ["65536", "from 1 to 65535"],
    ["-1", "port"],
    ["80x", "expected PORT, HOST:PORT"],
    ["1e3", "expected PORT, HOST:PORT"],
    ["host:", "port"],
    [":10001", "neither a host name nor an IP address"],
    ["::1:10001", "[IPV6]:PORT"],
    ["unix:", "expected unix:/PATH or unix:@NAME"],
    ["unix:poem.sock", "expected unix:/PATH or unix:@NAME"],
    ["unix:/", "expected unix:/PATH or unix:@NAME"],
    ["unix:@", "expected unix:/PATH or unix:@NAME"],
    ["unix:/run/\0", "expected unix:/PATH or unix:@NAME"],
    [`unix:/${"x".repeat(107)}`, "expected at most 107 bytes after unix:, not 108"],
    [`unix:/${"ü".repeat(54)}`, "expected at most 107 bytes after unix:, not 109"],
    ["[::1]", "PORT"],
    ["[nonsense]:1", "not an IPv6 address"],
    ["[127.0.0.1]:1", "not an IPv6 address"],
    ["999.1.1.1:1", "neither a host name nor an IP address"],
    ["-x:1", "neither a host name nor an IP address"],
    ["a b:1", "neither a host name nor an IP address"],
    [`${"a".repeat(64)}:1`, "neither a host name nor an IP address"],
    [" 10001", "expected PORT, HOST:PORT"],
    ["10001\n", "expected PORT, HOST:PORT"],
  ])("refuses %j, saying what it expected", (text, expected) => {
    expect(() => parseAddress(text)).toThrow(SyntaxError);
    expect(() => parseAddress(text)).toThrow(expected);
  });
});

test("parseHost() accepts an IPv6 address with and without brackets", () => {
  expect(parseHost("::1")).toBe("::1");
  expect(parseHost("[::1]")).toBe("::1");
  expect(parseHost("0.0.0.0")).toBe("0.0.0.0");
  expect(() => parseHost("")).toThrow(SyntaxError);
});

test("parsePort() accepts 0 only where it means any port", () => {
  expect(parsePort("0")).toBe(0);
  expect(() => parsePort("0", 1)).toThrow("from 1 to 65535");
});

test("formatAddress() writes what parseAddress() reads", () => {
  for (const text of ["127.0.0.1:10001", "[::1]:43", "host:1", "unix:/run/x.sock", "unix:@x"])
    expect(formatAddress(parseAddress(text))).toBe(text);
});

test("normalizeHost() shows an IPv4 client of a dual-stack listener as IPv4", () => {
  expect(normalizeHost("::ffff:192.0.2.7")).toBe("192.0.2.7");
  expect(normalizeHost("::1")).toBe("::1");
});

test("formatAddress() writes a Unix socket with its scheme", () => {
  expect(formatAddress({ path: "/run/poetry.sock" })).toBe("unix:/run/poetry.sock");
});

test.each([
  ["localhost", "127.0.0.1"],
  ["LocalHost.", "127.0.0.1"],
  ["::1", "::1"],
  ["localhost.example.org", "localhost.example.org"],
])("listeningHost() of %s is %s", (host, expected) => {
  expect(listeningHost(host)).toBe(expected);
});

test("parseLiteral() reads addresses, not names", () => {
  expect(["127.0.0.1", "::1", "[::1]"].map(parseLiteral)).toEqual(["127.0.0.1", "::1", "::1"]);
  for (const text of ["localhost", "1", "", "127.0.0.1:1", "fe80::1%eth0x]"])
    expect(() => parseLiteral(text)).toThrow("expected an IP address");
});

test("isLiteral() tells which addresses need no look-up", () => {
  const literals = [{ host: "127.0.0.1", port: 1 }, { host: "::1", port: 1 }, { path: "/run/x" }];
  expect(literals.map(isLiteral)).toEqual([true, true, true]);
  expect(["localhost", "fe80::1%eth0"].map((host) => isLiteral({ host, port: 1 }))).toEqual([false, false]);
});

test("familyOf() tells IPv4 from IPv6", () => {
  expect(["127.0.0.1", "::1"].map(familyOf)).toEqual([4, 6]);
});
