import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameError } from "../../src/protocols/frame.ts";
import {
  isTransformName,
  readTransformRequest,
  toTransformRequest,
  transformAnswer,
  transformRequestReader,
} from "../../src/protocols/transform.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const netstringOf = (content: string) => `${content.length}:${content},`;
const LONGEST_NAME = "x".repeat(64);

/** Reads a request that comes in pieces; returns its name and its poem. */
function read(pieces: readonly string[], maxPoem = 100): { name: string; poem: string } | undefined {
  const reader = transformRequestReader(maxPoem);
  for (const piece of pieces) {
    const frame = reader.take(bytes(piece));
    if (!frame) continue;
    const { name, poem } = readTransformRequest(frame.bytes);
    return { name, poem: Buffer.from(poem).toString("latin1") };
  }
  return undefined;
}

function faultOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
    throw error;
  }
  return undefined;
}

describe("transformRequestReader()", () => {
  test.each([
    ["cummingsify.Tread Softly", { name: "cummingsify", poem: "Tread Softly" }],
    ["a.", { name: "a", poem: "" }],
    ["a..b.", { name: "a", poem: ".b." }],
    [`${LONGEST_NAME}.\0\xff,`, { name: LONGEST_NAME, poem: "\0\xff," }],
    ["Rot-13_.\n", { name: "Rot-13_", poem: "\n" }],
  ])("reads %j, whole and byte by byte", (content, request) => {
    expect(read([netstringOf(content)])).toEqual(request);
    expect(read(Array.from(netstringOf(content)))).toEqual(request);
  });

  test.each([
    ["no dot", netstringOf("cummingsify")],
    ["nothing", "0:,"],
    ["no name", netstringOf(".poem")],
    ["a name with a blank", netstringOf("a b.poem")],
    ["a name with a line feed", netstringOf("a\n.poem")],
    ["a name beyond ASCII", netstringOf("\xe9t\xe9.poem")],
    ["a name that is too long", netstringOf(`${LONGEST_NAME}x.poem`)],
    ["no netstring", "cummingsify.poem"],
    ["a length with a leading zero", "06:a.poem,"],
    ["a signed length", "+6:a.poem,"],
    ["no length", ":a.poem,"],
    ["no comma", "6:a.poem;"],
    ["a comma that comes too late", "5:a.poem,"],
  ])("refuses %s, whole and byte by byte", (_what, sent) => {
    expect(faultOf(() => read([sent]))).toBe("malformed");
    expect(faultOf(() => read(Array.from(sent)))).toBe("malformed");
  });

  test("rejects a bad name before the poem has arrived", () => {
    expect(faultOf(() => read(["100:a b"]))).toBe("malformed");
    expect(faultOf(() => read(["100:a"]))).toBeUndefined();
  });

  test("accepts a poem of exactly the limit, and rejects a longer one as soon as its length is known", () => {
    for (const name of ["a", LONGEST_NAME]) {
      const [fits, over] = ["x".repeat(100), "x".repeat(101)];
      expect(read([netstringOf(`${name}.${fits}`)])).toEqual({ name, poem: fits });
      expect(faultOf(() => read([netstringOf(`${name}.${over}`).slice(0, 80)]))).toBe("too_long");
    }
    expect(faultOf(() => read(["999999999999:"]))).toBe("too_long");
    expect(faultOf(() => read(["9".repeat(40)]))).toBe("too_long");
  });

  test("never reads anything but the request, however it is split or corrupted", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.array(fc.nat(40)), (poem, cuts) => {
        const request = Buffer.from(toTransformRequest({ name: "rot13", poem })).toString("latin1");
        const places = [0, ...cuts.toSorted((a, b) => a - b), request.length];
        const pieces = places.slice(1).map((end, i) => request.slice(places[i], end));
        expect(read(pieces)).toEqual({ name: "rot13", poem: Buffer.from(poem).toString("latin1") });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        const fault = faultOf(() => read([garbage]));
        expect([undefined, "malformed", "too_long"]).toContain(fault);
      }),
    );
  });
});

/** The outcome of an answer that comes in pieces, and then ends. */
function answer(...pieces: string[]): string {
  const sink = transformAnswer(10);
  for (const piece of pieces) sink.take(bytes(piece));
  return Buffer.from(sink.end()).toString("latin1");
}

describe("transformAnswer()", () => {
  test("is one complete netstring, then the end", () => {
    expect(answer("4:poem,")).toBe("4:poem,");
    expect(answer(...Array.from("4:poem,"))).toBe("4:poem,");
    expect(answer("0:,")).toBe("0:,");
    expect(answer("10:ten bytes.,")).toBe("10:ten bytes.,");
  });

  test.each([
    ["nothing", [], "incomplete"],
    ["half a length", ["1"], "incomplete"],
    ["a length alone", ["4:"], "incomplete"],
    ["all but the comma", ["4:poem"], "incomplete"],
    ["another comma", ["4:poem;"], "malformed"],
    ["words", ["no such transformation"], "malformed"],
    ["bytes behind it", ["4:poem,x"], "malformed"],
    ["bytes behind it that come later", ["4:poem,", "x"], "malformed"],
    ["two of them", ["4:poem,4:poem,"], "malformed"],
    ["more than is allowed", ["11:"], "too_long"],
  ])("is not %s", (_what, pieces, fault) => {
    expect(faultOf(() => answer(...pieces))).toBe(fault);
  });

  test("explains what a server means that closes without a byte", () => {
    expect(() => answer()).toThrow("unknown transformation, or request refused");
  });
});

test.each([
  ["rot13", true],
  ["A_b-9", true],
  ["x".repeat(64), true],
  ["x".repeat(65), false],
  ["", false],
  ["a.b", false],
  ["a b", false],
  ["é", false],
])("isTransformName(%j) is %j", (text, isName) => {
  expect(isTransformName(text)).toBe(isName);
});
