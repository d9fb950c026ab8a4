import { describe, expect, test } from "bun:test";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { ipv4Bits, ipv6Words } from "../../../src/net/clients/ip.ts";

function words(text: string): string | undefined {
  const into = new Uint32Array(4);
  return ipv6Words(text, into) ? [...into].map((word) => word.toString(16)).join(" ") : undefined;
}

const oddities = fc.string({ unit: fc.constantFrom(..."0123456789abcdefF:.%g ".split("")), maxLength: 24 });

describe("ipv4Bits()", () => {
  test.each([
    ["0.0.0.0", 0],
    ["10.0.0.1", 0x0a000001],
    ["255.255.255.255", 0xffffffff],
    ["1.2.3", -1],
    ["1.2.3.4.5", -1],
    ["1.2.3.256", -1],
    ["01.2.3.4", -1],
    ["1..3.4", -1],
    ["", -1],
    ["unknown", -1],
  ])("reads %j as %d", (text, bits) => {
    expect(ipv4Bits(text)).toBe(bits);
  });

  test("accepts the same addresses as Node", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), oddities), (text) => {
        expect(ipv4Bits(text) >= 0).toBe(isIPv4(text));
      }),
    );
  });
});

describe("ipv6Words()", () => {
  test.each([
    ["::", "0 0 0 0"],
    ["::1", "0 0 0 1"],
    ["2001:db8::1", "20010db8 0 0 1"],
    ["1:2:3:4:5:6:7:8", "10002 30004 50006 70008"],
    ["1::8", "10000 0 0 8"],
    ["1:2:3:4:5:6:7::", "10002 30004 50006 70000"],
    ["FE80::1%eth0", "fe800000 0 0 1"],
    ["::ffff:10.0.0.1", "0 0 ffff a000001"],
    ["1:2:3:4:5:6:10.0.0.1", "10002 30004 50006 a000001"],
    ["::1::", undefined],
    [":1", undefined],
    ["1:", undefined],
    ["12345::", undefined],
    ["1:2:3:4:5:6:7:8:9", undefined],
    ["1:2:3:4::5:6:7:8", undefined],
    ["127.0.0.1", undefined],
    ["", undefined],
  ])("reads %j as %s", (text, expected) => {
    expect(words(text)).toBe(expected as string);
  });

  test("accepts the same addresses as Node", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV6(),
          oddities.filter((text) => !text.includes("%")),
        ),
        (text) => {
          expect({ text, is: words(text) !== undefined }).toEqual({ text, is: isIPv6(text) });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
