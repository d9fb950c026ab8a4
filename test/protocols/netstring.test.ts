import { expect, test } from "bun:test";
import fc from "fast-check";
import { netstringContent, toNetstring } from "../../src/protocols/netstring.ts";
import { requestReader } from "../../src/protocols/request.ts";

test("toNetstring() writes what netstringContent() and the reader read", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (content) => {
      const frame = requestReader("netstring").take(toNetstring(content));
      expect(netstringContent(frame?.bytes as Uint8Array)).toEqual(content);
    }),
  );
});
