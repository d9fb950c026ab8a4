import { expect, test } from "bun:test";
import { AnswerText } from "../../../src/services/fetch/answer-text.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

test("AnswerText has one character per byte", () => {
  expect(new AnswerText(bytes("\0\xff\u00e9")).text).toBe("\0\xff\xe9");
});

test.each([
  ["start12 end", 11, "start12 end"],
  ["start1-2-3-4-5-6 end", 11, "start1\u20266 end"],
  ["start1-2-3-4-5-6 end", 4, "st\u2026nd"],
  ["start", 1, "s\u2026"],
])(
  "AnswerText of %j, of which patterns see %d bytes, is %j: its halves are not one text",
  (answer, limit, text) => {
    expect(new AnswerText(bytes(answer), limit).text).toBe(text);
  },
);

test("AnswerText has at most 256 KiB, unless set otherwise", () => {
  const texts = [262_144, 262_145, 2 ** 26].map((size) => new AnswerText(Buffer.alloc(size, "x")).text);
  expect(texts.map((text) => text.length)).toEqual([262_144, 262_145, 262_145]);
  expect(texts.map((text) => text.includes("\u2026"))).toEqual([false, true, true]);
});

test("AnswerText is made once", () => {
  const answer = bytes("poem");
  const seen = new AnswerText(answer);
  expect(seen.text).toBe("poem");
  answer.fill("x");
  expect(seen.text).toBe("poem");
});
