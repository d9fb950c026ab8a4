import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isTransformName } from "../../../src/protocols/transform.ts";
import { TransformError } from "../../../src/services/transform/transformation.ts";
import { BUILT_IN } from "../../../src/services/transform/built-in.ts";
import { outcome } from "../../support/outcome.ts";

/** What a transformation makes of these bytes; it answers at once. */
function apply(name: string, poem: Uint8Array): ReturnType<typeof outcome> {
  const found = BUILT_IN.find((each) => each.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  return outcome(found.apply(poem));
}

function transform(name: string, poem: string): string {
  const { value } = apply(name, Buffer.from(poem)) as { value: Uint8Array };
  return Buffer.from(value).toString();
}

const TEN_LINES = "x\n".repeat(10);

test.each([
  ["cummingsify", "Tread SOFTLY, because", "tread softly, because"],
  ["cummingsify", "QUÏETE É ΣΊΣΥΦΟΣ", "quïete é σίσυφος"],
  ["cummingsify", "\ufeffA", "\ufeffa"],
  ["shout", "Forse perché", "FORSE PERCHÉ"],
  ["reverse-lines", "one\ntwo\nthree\n", "three\ntwo\none\n"],
  ["reverse-lines", "one\n\nthree", "three\n\none"],
  ["reverse-lines", "\n\nthree\n", "three\n\n\n"],
  ["reverse-lines", "one", "one"],
  ["number-lines", "one\n\nthree\n", "1  one\n2  \n3  three\n"],
  ["number-lines", "one\ntwo", "1  one\n2  two"],
  ["number-lines", TEN_LINES, TEN_LINES.replace(/x/g, "%").replace(/%/g, numbered())],
  ["acrostic", "Elegant\n  'ínto\n\n12\nZ", "EíZ\n"],
  ["acrostic", "e\u0301t\u00e9", "e\u0301\n"],
  ["rot13", "Tread Softly, AZ az é", "Gernq Fbsgyl, NM nm é"],
])("%s makes %j %j", (name, poem, transformed) => {
  expect(transform(name, poem)).toBe(transformed);
});

/** Replaces each x by its number. */
function numbered(): () => string {
  let number = 0;
  return () => `${String(++number).padStart(2)}  x`;
}

describe("BUILT_IN", () => {
  test("has names that can be asked for, each once", () => {
    const names = BUILT_IN.map(({ name }) => name);
    expect(names.filter((name) => !isTransformName(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(BUILT_IN.map(({ name }) => name))("%s takes an empty poem", (name) => {
    expect(transform(name, "")).toBe(name === "acrostic" ? "\n" : "");
  });

  test.each(["cummingsify", "shout", "acrostic"])("%s fails rather than spoil what is not UTF-8", (name) => {
    const { error } = apply(name, Buffer.from("caf\xe9", "latin1")) as { error: TransformError };
    expect(error).toBeInstanceOf(TransformError);
    expect(error.reason).toBe("not_text");
    expect(error.message).toBe(`Cannot transform by ${name}: the poem is not valid UTF-8`);
  });

  test.each(["reverse-lines", "rot13"])("%s, twice, gives the lines back, whatever is in them", (name) => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const poem = Uint8Array.from([...bytes, 10]);
        const once = apply(name, poem) as { value: Uint8Array };
        expect(apply(name, once.value)).toEqual({ value: poem });
      }),
    );
  });

  test("number-lines of any bytes loses none of them", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const lines =
          Buffer.from(bytes)
            .toString("latin1")
            .match(/[^\n]*\n|[^\n]+$/g) ?? [];
        const width = `${lines.length}`.length;
        const expected = lines.map((line, i) => `${`${i + 1}`.padStart(width)}  ${line}`).join("");
        const { value } = apply("number-lines", bytes) as { value: Uint8Array };
        expect(Buffer.from(value).toString("latin1")).toBe(expected);
      }),
    );
  });
});
