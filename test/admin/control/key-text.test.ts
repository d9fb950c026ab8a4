import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isTerminatedKey, shownKey, typedKey } from "../../../src/admin/control/key-text.ts";
import { toLatin1 } from "../../../src/protocols/bytes.ts";

const latin1 = (text: string) => Buffer.from(text).toString("latin1");

describe("shownKey()", () => {
  test.each([
    ["ecstasy", "ecstasy"],
    ["two\nlines", "two\\nlines"],
    ["a\\b", "a\\\\b"],
    ["\0\x1b[2J", "\\x00\\x1b[2J"],
    [latin1("näher"), "näher"],
    [latin1("\u202eevil"), "\\xe2\\x80\\xaeevil"],
    ["\xff\xfe", "\\xff\\xfe"],
    ["ecstasy\u2404", "ecstasy"],
    ["", ""],
  ])("of %j is %j", (key, shown) => {
    expect(shownKey(key)).toBe(shown);
  });

  test("writes any key so that it can be typed again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const shown = shownKey(toLatin1(bytes));
        expect(Buffer.from(typedKey(shown)).equals(Buffer.from(bytes))).toBe(true);
        // oxlint-disable-next-line no-control-regex -- that is what it is about
        expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e\u2028]/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("typedKey()", () => {
  test("reads text as UTF-8 and escapes as bytes", () => {
    expect(Buffer.from(typedKey("ä\\x00\\n\\\\x")).toString("latin1")).toBe("\xc3\xa4\0\n\\x");
  });

  test.each(["\\", "\\q", "\\x", "\\x4", "\\xgg", "a\\"])("refuses %s", (text) => {
    expect(() => typedKey(text)).toThrow(SyntaxError);
  });
});

test("isTerminatedKey() recognizes the keys of requests that had a terminator", () => {
  expect([isTerminatedKey("a"), isTerminatedKey("a\u2404")]).toEqual([true, false]);
});
