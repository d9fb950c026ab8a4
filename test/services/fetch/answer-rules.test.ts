import { expect, test } from "bun:test";
import { AnswerText } from "../../../src/services/fetch/answer-text.ts";
import {
  isComplete,
  isRefusal,
  lifetimeOf,
  repeatsRequest,
  wholeIf,
  type AnswerRules,
} from "../../../src/services/fetch/answer-rules.ts";

const answer = (text: string) => new AnswerText(Buffer.from(text, "latin1"));
const rules = (more: Partial<AnswerRules>): AnswerRules => ({ ttl: 1000, grace: 0, ttlFor: [], ...more });

test("isComplete() applies the pattern, if there is one", () => {
  expect(isComplete(answer("half a po"), rules({}))).toBe(true);
  const complete = /<\/GANGLIA_XML>\s*$/;
  expect(isComplete(answer("<GANGLIA_XML></GANGLIA_XML>\n"), rules({ complete }))).toBe(true);
  expect(isComplete(answer("<GANGLIA_XML>"), rules({ complete }))).toBe(false);
});

test("lifetimeOf() looks at the request if no pattern matches the answer", () => {
  const given = rules({
    ttlFor: [{ pattern: /no match/, ttl: 60 }],
    ttlForRequest: [
      { pattern: /^show info$/, ttl: 10 },
      { pattern: /^show/, ttl: 5 },
    ],
  });
  const asked = (text: string, said = "yes") =>
    lifetimeOf(answer(said), given, { bytes: Buffer.from(text), isTerminated: true }).ttl;
  expect([asked("show info\r\n"), asked("show stat\n"), asked("help\n"), asked("")]).toEqual([
    10, 5, 1000, 1000,
  ]);
  expect(asked("show info\n", "no match")).toBe(60);
  expect(lifetimeOf(answer("yes"), given).ttl).toBe(1000);
});

test("lifetimeOf() uses the first pattern that matches, and the ttl if none does", () => {
  const ttlFor = [
    { pattern: /no match/i, ttl: 60 },
    { pattern: /match/, ttl: 7 },
  ];
  expect(lifetimeOf(answer("No match for x"), rules({ ttlFor })).ttl).toBe(60);
  expect(lifetimeOf(answer("a match"), rules({ ttlFor })).ttl).toBe(7);
  expect(lifetimeOf(answer("domain: x"), rules({ ttlFor })).ttl).toBe(1000);
});

test("lifetimeOf() keeps no refusal, even if it also says that there is no match", () => {
  const given = rules({ noStore: /Too many requests/, ttlFor: [{ pattern: /No entries found/, ttl: 60 }] });
  expect(lifetimeOf(answer("%% Too many requests\nNo entries found"), given)).toEqual({
    ttl: 0,
    grace: 0,
    notKept: "no_store",
  });
  expect(lifetimeOf(answer("No entries found"), given).ttl).toBe(60);
});

test("patterns see one character per byte", () => {
  expect(lifetimeOf(answer("\0\xff"), rules({ noStore: /^\0\xff$/ })).ttl).toBe(0);
});

test("isRefusal() rejects anything longer than 4 KiB", () => {
  const given = rules({ refusal: /too often/ });
  const filled = (size: number) => answer("too often".padEnd(size));
  expect([4096, 4097].map((size) => isRefusal(filled(size), given))).toEqual([true, false]);
  expect(isRefusal(answer("too often"), rules({}))).toBe(false);
});

test("repeatsRequest() finds the request in an answer, ignoring case", () => {
  const refusal = Buffer.from('No match for "Whois-Limit-Exceeded.example".');
  expect(repeatsRequest(refusal, "whois-limit-exceeded.EXAMPLE")).toBe(true);
  expect(repeatsRequest(refusal, "poetry.example")).toBe(false);
  expect(repeatsRequest(refusal, "")).toBe(true);
});

/** Whether an answer in JSON, one that ends otherwise, and one without are whole. */
const verdictsFor = (...all: Parameters<typeof wholeIf>[0]) =>
  ["{}", "{} x", "x"].map((text) => isComplete(answer(text), rules({ complete: wholeIf(all) })));

test("wholeIf() requires all of its rules, and nothing if there are none", () => {
  expect(verdictsFor("json")).toEqual([true, false, false]);
  expect(verdictsFor(/x/)).toEqual([false, true, true]);
  expect(verdictsFor(/x/, /{/)).toEqual([false, true, false]);
  expect(verdictsFor("json", /x/)).toEqual([false, false, false]);
  expect(wholeIf([])).toBeUndefined();
});
