import { requests } from "../rows/requests.ts";
import type { Settled } from "../settled.ts";
import { valueOf, type Check } from "./check.ts";
import { exceeds, outlasts } from "./comparing.ts";

/** Lists of which any, or all, must match: what is given twice adds nothing. */
const SETS = ["allow", "cacheable", "no-store", "refusal", "complete"] as const;

/** Patterns that answers are compared with. */
const OF_ANSWERS = ["no-store", "refusal", "complete", "ttl-for"] as const;

/** Those of CHECKS that are about patterns, and about what requests and answers have in common. */
export const ANSWER_CHECKS: readonly Check[] = [
  ...SETS.map((flag) => ({
    flags: [flag],
    isWrong: (settled: Settled) => twice(settled, flag) !== undefined,
    why: (settled: Settled) => `bad ${settled.nameOf(flag)} "${twice(settled, flag)}": it is given twice`,
  })),
  {
    flags: ["pattern-limit"],
    isWrong: (settled, flag) =>
      settled.isChanged(flag) && !OF_ANSWERS.some((each) => hasPattern(settled, each)),
    why: "{} has no effect without a pattern for answers: {no-store}, {refusal}, {complete} or {ttl-for}",
  },
  {
    flags: ["key-fold"],
    isWrong: (settled) => {
      const folds = valueOf(settled, requests["key-fold"]) ?? [];
      return folds.includes("lower") && folds.includes("word");
    },
    why: "{=}: word has no effect with lower, which takes it in",
  },
  {
    flags: ["max-request"],
    isWrong: (settled, flag) => exceeds(settled, flag, "max-memory"),
    why: "{=} has no effect: {max-memory=} is less",
  },
  {
    flags: ["log-requests"],
    isWrong: (settled, flag) => settled.isChanged(flag) && valueOf(settled, requests.request) === "none",
    why: "{} has no effect without {request}: there are no requests to show",
  },
  {
    flags: ["stale-after"],
    isWrong: (settled, flag) => outlasts(settled, flag, "total-timeout"),
    why: "{=} has no effect: {total-timeout=} is shorter, and the fetch has failed by then",
  },
];

function twice(settled: Settled, flag: string): string | undefined {
  const texts = settled.textsOf(flag);
  return texts.find((each, index) => texts.indexOf(each) < index);
}

function hasPattern(settled: Settled, flag: string): boolean {
  return settled.textsOf(flag).some((text) => text !== "" && text !== "json");
}
