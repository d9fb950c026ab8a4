import type { Lifetime } from "../../cache/freshness.ts";
import { toLatin1 } from "../../protocols/bytes.ts";
import { isWholeJson } from "../../protocols/json.ts";
import { allOf, type TextTest } from "../../protocols/pattern.ts";

/** How an answer is judged. Patterns see a character for each byte. */
export interface AnswerRules extends Lifetime {
  /** An answer that matches says "you have asked too often". Comes before everything else. */
  readonly refusal?: TextTest | undefined;
  /** An answer that does not match is a failure; absent: every answer is complete. */
  readonly complete?: Completeness | undefined;
  /** An answer that matches goes to those who wait for it, and is not kept. Comes before `ttlFor`. */
  readonly noStore?: TextTest | undefined;
  /** The first that matches sets the ttl, in milliseconds. */
  readonly ttlFor: readonly TtlRule[];
  /** Of a longer answer patterns see this many bytes: the first half and the last. Default: 256 KiB. */
  readonly patternLimit?: number | undefined;
}

/** How an answer shows that it is whole: it matches and, where `isJson`, is one JSON object or array. */
export interface Completeness extends TextTest {
  readonly isJson?: boolean;
}

export interface TtlRule {
  readonly pattern: TextTest;
  readonly ttl: number;
}

/** What an answer is worth. */
export type Judgement =
  | { readonly verdict: "refusal" | "incomplete" }
  /** A ttl of 0: it is not kept. */
  | { readonly verdict: "whole"; readonly lifetime: Lifetime };

export const DEFAULT_PATTERN_LIMIT = 262_144;

/** A longer answer is not a refusal: what a registry says of a name may contain any words. */
const LONGEST_REFUSAL = 4096;

/** Stands for the bytes that patterns do not see; no byte is this character. */
const ELLIPSIS = "\u2026";

const NOT_KEPT: Lifetime = { ttl: 0, grace: 0 };

/** Whole is what passes all of these; undefined if there are none. */
export function wholeIf(rules: readonly (TextTest | "json")[]): Completeness | undefined {
  const isJson = rules.includes("json");
  const match = allOf(rules.filter((each) => each !== "json"));
  return isJson ? { isJson, test: (text) => match?.test(text) ?? true } : match;
}

/** Judges an answer; it is made to text once, and only if a pattern wants to see it. */
export function judgeAnswer(answer: Uint8Array, rules: AnswerRules): Judgement {
  const text = lazily(() => textOf(answer, rules.patternLimit));
  if (refuses(answer, text, rules)) return { verdict: "refusal" };
  if (!completes(answer, text, rules)) return { verdict: "incomplete" };
  return { verdict: "whole", lifetime: lifetime(text, rules) };
}

/** Whether an answer says that the asker has asked too often. */
export function isRefusal(answer: Uint8Array, rules: AnswerRules): boolean {
  return refuses(answer, () => textOf(answer, rules.patternLimit), rules);
}

/** Whether an answer is whole, as far as patterns can tell. */
export function isComplete(answer: Uint8Array, rules: AnswerRules): boolean {
  return completes(
    answer,
    lazily(() => textOf(answer, rules.patternLimit)),
    rules,
  );
}

/** How long an answer may be served; a ttl of 0: it is not kept. */
export function lifetimeOf(answer: Uint8Array, rules: AnswerRules): Lifetime {
  const text = lazily(() => textOf(answer, rules.patternLimit));
  return refuses(answer, text, rules) ? NOT_KEPT : lifetime(text, rules);
}

/**
 * Whether an answer repeats the text of a request, in whatever case: then it may look like a refusal only because of what
 * was asked, and says nothing to those who ask for something else.
 */
export function repeatsRequest(answer: Uint8Array, request: string): boolean {
  return toLatin1(answer).toLowerCase().includes(request.toLowerCase());
}

function refuses(answer: Uint8Array, text: () => string, { refusal }: AnswerRules): boolean {
  return refusal !== undefined && answer.length <= LONGEST_REFUSAL && refusal.test(text());
}

function completes(answer: Uint8Array, text: () => string, { complete }: AnswerRules): boolean {
  return complete === undefined || (complete.test(text()) && (!complete.isJson || isWholeJson(answer)));
}

function lifetime(text: () => string, rules: AnswerRules): Lifetime {
  const { ttl, grace, staleIfError = 0, noStore, ttlFor } = rules;
  if (noStore?.test(text())) return NOT_KEPT;
  return { ttl: ttlFor.find(({ pattern }) => pattern.test(text()))?.ttl ?? ttl, grace, staleIfError };
}

/** The answer as patterns see it. */
function textOf(answer: Uint8Array, limit = DEFAULT_PATTERN_LIMIT): string {
  if (answer.length <= limit) return toLatin1(answer);
  const half = Math.ceil(limit / 2);
  return (
    toLatin1(answer.subarray(0, half)) + ELLIPSIS + toLatin1(answer.subarray(answer.length - (limit - half)))
  );
}

function lazily(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}
