import { isIP } from "node:net";
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { asIpv4, asIpv6, formatIp, parseIp } from "../../../src/protocols/peers/ip-address.ts";

describe("parseIp() and formatIp()", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:7", "2001:db8::7"],
    ["2001:0db8::0007:0:1", "2001:db8::7:0:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"], // A single zero stays.
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::FFFF:c000:0201", "::ffff:192.0.2.1"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"],
  ])("write %s as %s", (text, canonical) => {
    expect(formatIp(parseIp(text) as Uint8Array)).toBe(canonical);
  });

  test.each([
    ["", "host", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.-4"],
    [":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "::g", "fe80::1%eth0"],
    ["1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "1:2:3:4:5:6:7::8::", ":1::2", "::1:"],
  ])("know that these are none: %s, %s, %s, %s, %s, %s, %s, …", (...texts) => {
    for (const text of texts as string[]) expect([text, parseIp(text)]).toEqual([text, undefined]);
  });

  test("agree with the system about what is an address", () => {
    const part = fc.oneof(fc.constantFrom(":", "::", ".", "0", "ffff", "1", "255", "256", "00", "x"));
    const text = fc.array(part, { maxLength: 16 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (each) => {
        expect([each, parseIp(each)?.length]).toEqual([each, LENGTHS[isIP(each)]]);
      }),
      { numRuns: 20_000 },
    );
  });

  test("give back every address", () => {
    const bytes = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), sparse());
    fc.assert(
      fc.property(bytes, (each) => {
        expect(parseIp(formatIp(each))).toEqual(each);
        expect(isIP(formatIp(each))).toBe(each.length === 4 ? 4 : 6);
      }),
      { numRuns: 5000 },
    );
  });
});

test("asIpv4() and asIpv6() convert IPv4-mapped addresses, and no others", () => {
  const [four, mapped, six] = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::7"].map((each) =>
    parseIp(each),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  expect([asIpv4(four), asIpv4(mapped), asIpv4(six)]).toEqual([four, four, six]);
  expect([asIpv6(four), asIpv6(mapped), asIpv6(six)]).toEqual([mapped, mapped, six]);
});

/** Bytes of an address by its family as `node:net` numbers it. */
const LENGTHS: Readonly<Record<number, number>> = { 4: 4, 6: 16 };

/** IPv6 addresses with runs of zeros. */
function sparse(): fc.Arbitrary<Uint8Array> {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xff_ff }));
  return fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => {
    const view = new DataView(new ArrayBuffer(16));
    for (const [at, each] of groups.entries()) view.setUint16(2 * at, each);
    return new Uint8Array(view.buffer);
  });
}
