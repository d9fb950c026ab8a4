import { describe, expect, test } from "bun:test";
import { BlockList } from "node:net";
import fc from "fast-check";
import { AddressRanges, parseRange } from "../../../src/net/clients/ranges.ts";

function ranges(text: string): AddressRanges {
  return new AddressRanges(text.split(",").map(parseRange));
}

describe("parseRange()", () => {
  test.each([
    ["10.0.0.1/8", "expected 10.0.0.0/8, or 10.0.0.1 alone"],
    ["2001:db8::1/32", "expected 2001:db8::/32, or 2001:db8::1 alone"],
    ["10.0.0.0/33", "expected at most 32 bits after the / of an IPv4 address"],
    ["::/129", "expected at most 128 bits after the / of an IPv6 address"],
    [
      "10.0.0/8",
      'expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32; "10.0.0" is not an address',
    ],
    [
      "fe80::1%eth0",
      'expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32; "fe80::1%eth0" is not an address',
    ],
    ["", "expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32"],
    [
      "!!10.0.0.1",
      'expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32; "!10.0.0.1" is not an address',
    ],
  ])("refuses %j: %s", (text, why) => {
    expect(() => parseRange(text)).toThrow(new SyntaxError(why));
  });
});

describe("AddressRanges", () => {
  test.each([
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.0/8", "9.255.255.255", false],
    ["10.0.0.0/8,!10.66.0.0/16", "10.66.1.1", false],
    ["!10.66.0.0/16,10.0.0.0/8", "10.66.1.1", false],
    ["10.0.0.0/8,!10.66.0.0/16", "10.67.0.0", true],
    ["10.0.0.0/8,!10.66.0.0/16,10.66.6.6", "10.66.6.6", true],
    ["10.0.0.0/8,!10.0.0.0/16", "10.0.0.1", false],
    ["10.0.0.0/8,!10.255.0.0/16", "10.255.255.255", false],
    ["10.0.0.0/8,!10.255.0.0/16", "11.0.0.0", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["0.0.0.0/0", "::1", false],
    ["127.0.0.1", "127.0.0.1", true],
    ["2001:db8::/32,!2001:db8:1::/48", "2001:db8::1", true],
    ["2001:db8::/32,!2001:db8:1::/48", "2001:db8:1::1", false],
    ["2001:db8::/32", "2001:db9::", false],
    ["::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true],
    ["fe80::/10", "fe80::1%eth0", true],
    ["::ffff:10.0.0.0/104", "10.1.1.1", true],
    ["0.0.0.0/0,::/0", "unknown", false],
  ])("of %s lets %s in: %p", (text, host, isAllowed) => {
    expect(ranges(text).allow(host)).toBe(isAllowed);
  });

  test("rejects a repeated range, and a list that admits nobody", () => {
    expect(() => ranges("10.0.0.0/8,!10.0.0.0/8")).toThrow(
      new SyntaxError("!10.0.0.0/8 and 10.0.0.0/8 are the same range: expected it once"),
    );
    expect(() => ranges("!10.0.0.0/8")).toThrow(
      new SyntaxError("it admits nobody: expected a range without a !, such as 0.0.0.0/0"),
    );
  });

  const range = fc.record({
    bits: fc.integer({ min: 0, max: 32 }),
    address: fc.ipV4(),
    isAllowed: fc.boolean(),
  });

  test("decides by the smallest range that contains an address, however they are sorted", () => {
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 20 }),
        fc.array(fc.ipV4(), { maxLength: 20 }),
        (all, hosts) => {
          const seen = new Map(
            all.map(({ bits, address, isAllowed }) => {
              const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
              const first = bits === 0 ? 0 : Math.floor(number / 2 ** (32 - bits)) * 2 ** (32 - bits);
              const text = [24, 16, 8, 0].map((by) => Math.floor(first / 2 ** by) % 256).join(".");
              return [`${text}/${bits}`, { text, bits, isAllowed }] as const;
            }),
          );
          seen.set("127.0.0.1/32", { text: "127.0.0.1", bits: 32, isAllowed: true });
          const list = new AddressRanges(
            [...seen].map(([text, { isAllowed }]) => parseRange(`${isAllowed ? "" : "!"}${text}`)),
          );
          for (const host of [...hosts, ...all.map(({ address }) => address)]) {
            const [smallest] = [...seen.values()]
              .filter(({ text, bits }) => {
                const block = new BlockList();
                block.addSubnet(text, bits, "ipv4");
                return block.check(host, "ipv4");
              })
              .toSorted((a, b) => b.bits - a.bits);
            expect(list.allow(host)).toBe(smallest?.isAllowed ?? false);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
