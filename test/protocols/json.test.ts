import { expect, test } from "bun:test";
import fc from "fast-check";
import { isWholeJson, JsonScan } from "../../src/protocols/json.ts";

const bytes = (text: string) => Buffer.from(text);

/** JSON objects and arrays, as different programs print them. */
const TEXTS = fc
  .tuple(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), fc.nat(4))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

test("isWholeJson() accepts every object and array, with blanks around it", () => {
  fc.assert(fc.property(TEXTS, (text) => expect(isWholeJson(bytes(` \r\n${text}\n`))).toBe(true)));
});

test("isWholeJson() notices every truncation", () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      const whole = bytes(text);
      for (let end = 0; end < whole.length; end++) {
        expect([text, end, isWholeJson(whole.subarray(0, end))]).toEqual([text, end, false]);
      }
    }),
  );
});

test.each([
  ['{"a":"}"', false],
  ['{"a":"\\"}', false],
  ['{"a":"\\\\"}', true],
  ['["]",{"b":[1,{}]}]\n', true],
  ['{"workers":[{"id":1}],"uri":"{"}', true],
  ["", false],
  ["  ", false],
  ["null", false],
  ["17", false],
  ['"a"', false],
  ["{}{}", false],
  ["[] x", false],
  ["x {}", false],
  ["}", false],
  ["503 Service Unavailable", false],
])("isWholeJson() of %j is %p", (text, isWhole) => expect(isWholeJson(bytes(text))).toBe(isWhole));

test("JsonScan finds the same however a text is split", () => {
  fc.assert(
    fc.property(TEXTS, fc.array(fc.nat(40)), (text, sizes) => {
      const scan = new JsonScan();
      const whole = bytes(text);
      let at = 0;
      for (const size of sizes) scan.take(whole.subarray(at, (at += size)));
      expect(scan.isWhole).toBe(at >= whole.length);
      expect(scan.take(whole.subarray(at)).isWhole).toBe(true);
    }),
  );
});
