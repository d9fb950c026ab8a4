import { expect, test } from "bun:test";
import {
  isComplete,
  isRefusal,
  judgeAnswer,
  lifetimeOf,
  repeatsRequest,
  wholeIf,
  type AnswerRules,
} from "../../../src/services/fetch/answer-rules.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const rules = (more: Partial<AnswerRules>): AnswerRules => ({ ttl: 1000, grace: 0, ttlFor: [], ...more });

test("isComplete() asks the pattern, if there is one", () => {
  expect(isComplete(bytes("half a po"), rules({}))).toBe(true);
  const complete = /<\/GANGLIA_XML>\s*$/;
  expect(isComplete(bytes("<GANGLIA_XML></GANGLIA_XML>\n"), rules({ complete }))).toBe(true);
  expect(isComplete(bytes("<GANGLIA_XML>"), rules({ complete }))).toBe(false);
});

test("lifetimeOf() takes the first pattern that matches, and the ttl where none does", () => {
  const ttlFor = [
    { pattern: /no match/i, ttl: 60 },
    { pattern: /match/, ttl: 7 },
  ];
  expect(lifetimeOf(bytes("No match for x"), rules({ ttlFor })).ttl).toBe(60);
  expect(lifetimeOf(bytes("a match"), rules({ ttlFor })).ttl).toBe(7);
  expect(lifetimeOf(bytes("domain: x"), rules({ ttlFor })).ttl).toBe(1000);
});

test("lifetimeOf() keeps no refusal, though it also says that there is no match", () => {
  const given = rules({ noStore: /Too many requests/, ttlFor: [{ pattern: /No entries found/, ttl: 60 }] });
  expect(lifetimeOf(bytes("%% Too many requests\nNo entries found"), given)).toEqual({ ttl: 0, grace: 0 });
  expect(lifetimeOf(bytes("No entries found"), given).ttl).toBe(60);
});

test("patterns see a character for each byte", () => {
  expect(lifetimeOf(Uint8Array.of(0, 0xff), rules({ noStore: /^\0\xff$/ })).ttl).toBe(0);
});

/** A pattern that remembers what it has seen. */
function watched(pattern: RegExp) {
  const seen: string[] = [];
  return { seen, test: (text: string) => pattern.test(seen[seen.push(text) - 1] as string) };
}

test("judgeAnswer() asks for a refusal first, for what is missing next, then how long it may be served", () => {
  const given = rules({
    refusal: /too often/,
    complete: /end$/,
    noStore: /secret/,
    ttlFor: [{ pattern: /brief/, ttl: 7 }],
  });
  expect(judgeAnswer(bytes("too often, secret"), given)).toEqual({ verdict: "refusal" });
  expect(judgeAnswer(bytes("secret"), given)).toEqual({ verdict: "incomplete" });
  const ttlOf = (answer: string) => {
    const judged = judgeAnswer(bytes(answer), given);
    return judged.verdict === "whole" && judged.lifetime.ttl;
  };
  expect(["a secret end", "a brief end", "the end"].map(ttlOf)).toEqual([0, 7, 1000]);
});

test("judgeAnswer() wants one whole JSON text and a match, where both are asked for", () => {
  const given = rules({ complete: wholeIf(["json", /"workers"/]) });
  const verdicts = ['{"workers":[]}', '{"workers":[', "[]"].map(
    (text) => judgeAnswer(bytes(text), given).verdict,
  );
  expect(verdicts).toEqual(["whole", "incomplete", "incomplete"]);
});

test("a refusal has at most 4 KiB, and is not kept", () => {
  const given = rules({ refusal: /too often/ });
  const filled = (size: number) => bytes("too often".padEnd(size));
  expect([4096, 4097].map((size) => isRefusal(filled(size), given))).toEqual([true, false]);
  expect([4096, 4097].map((size) => lifetimeOf(filled(size), given).ttl)).toEqual([0, 1000]);
  expect(isRefusal(bytes("too often"), rules({}))).toBe(false);
});

test("repeatsRequest() finds the request in an answer, in whatever case", () => {
  const refusal = bytes('No match for "Whois-Limit-Exceeded.example".');
  expect(repeatsRequest(refusal, "whois-limit-exceeded.EXAMPLE")).toBe(true);
  expect(repeatsRequest(refusal, "poetry.example")).toBe(false);
  expect(repeatsRequest(refusal, "")).toBe(true);
});

test("patterns see the first and the last half of a long answer, and that these are not one text", () => {
  const complete = watched(/^start.*end$/s);
  const given = rules({ complete, patternLimit: 11 });
  expect(isComplete(bytes("start12 end"), given)).toBe(true);
  expect(isComplete(bytes("start1-2-3-4-5-6 end"), given)).toBe(true);
  expect(complete.seen).toEqual(["start12 end", "start1\u20266 end"]);
  expect(isComplete(bytes("start1-2-3-4-5-6-en"), given)).toBe(false);
});

test("patterns see 256 KiB unless told otherwise", () => {
  const complete = watched(/x/);
  for (const size of [262_144, 262_145, 2 ** 26]) isComplete(Buffer.alloc(size, "x"), rules({ complete }));
  expect(complete.seen.map((text) => text.length)).toEqual([262_144, 262_145, 262_145]);
  expect(complete.seen.map((text) => text.includes("\u2026"))).toEqual([false, true, true]);
});

/** Whether an answer in JSON, one that ends otherwise, and one without are whole. */
const verdictsFor = (...all: Parameters<typeof wholeIf>[0]) =>
  ["{}", "{} x", "x"].map((text) => isComplete(bytes(text), rules({ complete: wholeIf(all) })));

test("wholeIf() wants all of its rules, and nothing where there are none", () => {
  expect(verdictsFor("json")).toEqual([true, false, false]);
  expect(verdictsFor(/x/)).toEqual([false, true, true]);
  expect(verdictsFor(/x/, /{/)).toEqual([false, true, false]);
  expect(verdictsFor("json", /x/)).toEqual([false, false, false]);
  expect(wholeIf([])).toBeUndefined();
});
