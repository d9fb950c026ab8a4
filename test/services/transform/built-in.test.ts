import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isTransformName } from "../../../src/protocols/transform.ts";
import { TransformError } from "../../../src/services/transform/transformation.ts";
import type { Deferred } from "../../../src/deferred/mod.ts";
import { FetchGate } from "../../../src/services/fetch/gate.ts";
import { BUILT_IN, builtIn, type BuiltInOptions } from "../../../src/services/transform/built-in.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { TRANSFORMATIONS } from "../../support/built-in.ts";
import { outcome } from "../../support/outcome.ts";

/** The outcome of a transformation, which is synchronous. */
function apply(name: string, poem: Uint8Array): ReturnType<typeof outcome> {
  const found = TRANSFORMATIONS.find((each) => each.name === name);
  if (!found) throw new Error(`There is no ${name}`);
  return outcome(found.apply(poem));
}

function transform(name: string, poem: string): string {
  const { value } = apply(name, Buffer.from(poem)) as { value: Uint8Array };
  return Buffer.from(value).toString();
}

/** The outcome when it runs in steps, and how many turns of the loop it took. */
function inTurns(name: string, poem: Uint8Array, options: Partial<BuiltInOptions> = {}) {
  const clock = new ManualClock();
  const gate = new FetchGate(1, 1);
  const found = builtIn({ clock, gate, maxOutput: 2 ** 28, ...options }).find((each) => each.name === name);
  const answer = found?.apply(poem) as Deferred<Uint8Array>;
  let turns = 0;
  for (; clock.turnsDue > 0; turns++) clock.turn();
  return { turns, answer: outcome(answer) };
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
  test("has valid names, each once", () => {
    const names = BUILT_IN.map(({ name }) => name);
    expect(names.filter((name) => !isTransformName(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(BUILT_IN.map(({ name }) => name))("%s accepts an empty poem", (name) => {
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

  /** Lines that a slice may end in: long, short, with letters of several bytes, or empty. */
  const LINES = [
    "a",
    "",
    "Ω",
    "ΟΔΟΣ ΣΑΣ\u0301.",
    "'ÉÉ",
    "b c",
    "x".repeat(1000),
    "\u{1F30A}".repeat(99),
    "ẞİ",
  ];
  const LONG = Array.from({ length: 4000 }, (_, i) => LINES[(i * i) % LINES.length]).join("\n");

  test.each([
    ["cummingsify", LONG.toLowerCase()],
    ["shout", LONG.toUpperCase()],
    ["reverse-lines", LONG.split("\n").toReversed().join("\n")],
    [
      "number-lines",
      LONG.split("\n")
        .map((line, i) => `${`${i + 1}`.padStart(4)}  ${line}`)
        .join("\n"),
    ],
    [
      "acrostic",
      `${LONG.split("\n")
        .map((line) => /\p{L}\p{M}*/u.exec(line)?.[0] ?? "")
        .join("")}\n`,
    ],
    [
      "rot13",
      LONG.replace(
        /[a-z]/gi,
        (letter) => "nopqrstuvwxyzabcdefghijklm".charAt(letter.charCodeAt(0) - 97) || letter,
      ),
    ],
  ])(
    "%s gives everybody a turn on its way through a long poem, and makes the same of it",
    (name, expected) => {
      const { turns, answer } = inTurns(name, Buffer.from(LONG));
      expect(turns).toBeGreaterThanOrEqual(Math.floor(Buffer.byteLength(LONG) / 65536));
      const { value } = answer as { value: Uint8Array };
      expect(Buffer.from(value).toString() === expected).toBeTrue(); // Not toBe: a difference would be megabytes.
    },
  );

  test("treats a letter as the last of its word only at the end of the word", () => {
    const words = `${"Σ".repeat(70_000)} ΣΣ`;
    const { value } = inTurns("cummingsify", Buffer.from(words)).answer as { value: Uint8Array };
    expect(Buffer.from(value).toString() === words.toLowerCase()).toBeTrue();
  });

  test.each(["cummingsify", "number-lines", "acrostic"])(
    "%s fails if more would come of it than is let through",
    (name) => {
      const { answer } = inTurns(name, Buffer.from("A\n".repeat(60)), { maxOutput: 59 });
      expect(answer).toMatchObject({
        error: { reason: "too_large", message: `Cannot transform by ${name}: answer longer than 59 bytes` },
      });
    },
  );

  test("counts like a filter: no more run than the gate admits", () => {
    const clock = new ManualClock();
    const gate = new FetchGate(1, 1);
    const [rot13] = builtIn({ clock, gate, maxOutput: 2 ** 20 }).filter(({ name }) => name === "rot13");
    const start = () => rot13?.apply(new Uint8Array(65_537)) as Deferred<Uint8Array>;
    const [first, second, third] = [start(), start(), start()];
    expect(gate.waiting).toBe(1);
    expect(outcome(third)).toMatchObject({ error: { reason: "overflow" } });
    first.addErrback(() => {}).cancel();
    clock.turn();
    clock.turn();
    expect(outcome(second)).toMatchObject({ value: { length: 65_537 } });
    expect({ waiting: gate.waiting, pending: clock.pending }).toEqual({ waiting: 0, pending: 0 });
  });
});
