import type { Lifetime } from "../../cache/freshness.ts";
import { toLatin1 } from "../../protocols/bytes.ts";
import type { Frame } from "../../protocols/frame.ts";
import { isWholeJson } from "../../protocols/json.ts";
import { allOf, type TextTest } from "../../protocols/pattern.ts";
import type { AnswerText } from "./answer-text.ts";

/** How an answer is judged. Patterns see one character per byte. */
export interface AnswerRules extends Lifetime {
  /** An answer that matches says "you have asked too often". Checked first. */
  readonly refusal?: TextTest | undefined;
  /** An answer that does not match is incomplete, which is a failure; absent: every answer is complete. */
  readonly complete?: Completeness | undefined;
  /** An answer that matches is given to its waiters but not kept. Checked before `ttlFor`. */
  readonly noStore?: TextTest | undefined;
  /** The first that matches sets the ttl, in milliseconds. */
  readonly ttlFor: readonly TtlRule[];
  /** If none matches, the first of these whose pattern matches the request sets the ttl. */
  readonly ttlForRequest?: readonly TtlRule[] | undefined;
  /**
   * How many bytes of an answer patterns see; of a longer one, half from its start, half from its end. Default: 256
   * KiB.
   */
  readonly patternLimit?: number | undefined;
}

/** When an answer counts as complete: it matches and, if `isJson`, is one JSON object or array. */
export interface Completeness extends TextTest {
  readonly isJson?: boolean;
}

/** Which answers are acceptable, and how they are judged. */
export interface AnswerOptions extends AnswerRules {
  /** The longest answer, in bytes. */
  readonly maxAnswer: number;
  /**
   * Whether an empty answer is accepted. By default it is a failure, because overload looks like that (xinetd, for
   * example).
   */
  readonly acceptsEmpty: boolean;
}

/** Every non-empty answer is accepted and kept for two hours. */
export const DEFAULT_ANSWERS: AnswerOptions = {
  maxAnswer: 2 ** 26,
  acceptsEmpty: false,
  ttl: 7_200_000,
  grace: 0,
  ttlFor: [],
};

/** An answer (or request) that matches `pattern` has this ttl, in milliseconds; 0: it is not kept. */
export interface TtlRule {
  readonly pattern: TextTest;
  readonly ttl: number;
}

/** Bytes. A longer answer is never a refusal: a real record may contain the same words. */
const LONGEST_REFUSAL = 4096;

/** An answer is complete if it passes all of these; undefined if there are none. */
export function wholeIf(rules: readonly (TextTest | "json")[]): Completeness | undefined {
  const match = allOf(rules.filter((each) => each !== "json"));
  return rules.includes("json") ? new WholeJson(match) : match;
}

class WholeJson implements Completeness {
  readonly isJson = true;

  constructor(readonly match: TextTest | undefined) {}

  test(text: string): boolean {
    return this.match?.test(text) ?? true;
  }
}

/** Whether an answer is a refusal. */
export function isRefusal(answer: AnswerText, { refusal }: AnswerRules): boolean {
  return refusal !== undefined && answer.bytes.length <= LONGEST_REFUSAL && refusal.test(answer.text);
}

/**
 * Whether an answer repeats the text of a request, ignoring case: if so, it may look like a refusal only because of
 * that text, and must not be given to other requests.
 */
export function repeatsRequest(answer: Uint8Array, request: string): boolean {
  return toLatin1(answer).toLowerCase().includes(request.toLowerCase());
}

/** Whether an answer is complete, as far as patterns can tell. */
export function isComplete(answer: AnswerText, { complete }: AnswerRules): boolean {
  if (complete === undefined) return true;
  return complete.test(answer.text) && (!complete.isJson || isWholeJson(answer.bytes));
}

/**
 * How long an answer may be served; ttl 0: it is not kept. Rules about the answer take precedence over those about the
 * request.
 */
export function lifetimeOf(answer: AnswerText, rules: AnswerRules, request?: Frame): Lifetime {
  const { ttl, grace, staleIfError = 0, noStore, ttlFor, ttlForRequest } = rules;
  if (noStore?.test(answer.text)) return { ttl: 0, grace: 0, notKept: "no_store" };
  const rule =
    ttlFor.find(({ pattern }) => pattern.test(answer.text)) ?? ruleFor(request, ttlForRequest ?? []);
  return { ttl: rule?.ttl ?? ttl, grace, staleIfError };
}

function ruleFor(request: Frame | undefined, rules: readonly TtlRule[]): TtlRule | undefined {
  if (!request || rules.length === 0) return undefined;
  const text = toLatin1(request.bytes).replace(/[\r\n]+$/, ""); // As --cacheable sees it.
  return rules.find(({ pattern }) => pattern.test(text));
}
