import { expect, test } from "bun:test";
import { isComplete, lifetimeOf, type AnswerRules } from "../../../src/services/fetch/answer-rules.ts";

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
  expect(lifetimeOf(bytes("%% Too many requests\nNo entries found"), given)).toEqual({
    ttl: 0,
    grace: 0,
    notKept: "no_store",
  });
  expect(lifetimeOf(bytes("No entries found"), given).ttl).toBe(60);
});

test("patterns see a character for each byte", () => {
  expect(lifetimeOf(Uint8Array.of(0, 0xff), rules({ noStore: /^\0\xff$/ })).ttl).toBe(0);
});
