import { expect, test } from "bun:test";
import { RequestMemo } from "../../src/protocols/request-memo.ts";

const frame = (text: string, isTerminated = true) => ({ bytes: Buffer.from(text, "latin1"), isTerminated });

/** A memo, and the requests that it had to compute. */
function setUp() {
  const memo = new RequestMemo<{ text: string }>();
  const made: string[] = [];
  const of = (text: string, isTerminated = true) =>
    memo.of(frame(text, isTerminated), ({ bytes }) => {
      made.push(text);
      return { text: Buffer.from(bytes).toString("latin1") };
    });
  return { of, made };
}

test("RequestMemo.of() computes the result for a request once", () => {
  const { of, made } = setUp();
  expect(of("a\xff\n")).toBe(of("a\xff\n"));
  expect(of("b\n")).toEqual({ text: "b\n" });
  expect(made).toEqual(["a\xff\n", "b\n"]);
});

test("RequestMemo.of() keeps terminated and unterminated requests apart", () => {
  const { of, made } = setUp();
  expect(of("a", true)).not.toBe(of("a", false));
  expect(made).toHaveLength(2);
});

test("RequestMemo.of() forgets rather than grows: it remembers 1,024 requests of at most 1 KiB", () => {
  const { of, made } = setUp();
  const [short, long] = ["x".repeat(1024), "x".repeat(1025)];
  for (const text of [short, short, long, long]) of(text);
  expect(made).toEqual([short, long, long]);
  for (let i = 0; i < 1023; i++) of(`${i}`);
  of(short);
  expect(made).toHaveLength(3 + 1023);
  of("one more");
  of(short);
  expect(made).toHaveLength(3 + 1023 + 2);
});
