import type { Lifetime } from "../../cache/freshness.ts";

/** How an answer is judged. Patterns see a character for each byte, and the whole answer. */
export interface AnswerRules extends Lifetime {
  /** An answer without a match is a failure; absent: every answer is complete. */
  readonly complete?: RegExp | undefined;
  /** An answer with a match goes to those who wait for it, and is not kept. Comes before `ttlFor`. */
  readonly noStore?: RegExp | undefined;
  /** The first that matches sets the ttl, in milliseconds. */
  readonly ttlFor: readonly TtlRule[];
}

/** What answers may be, and how they are judged. */
export interface AnswerOptions extends AnswerRules {
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** Whether an answer of no bytes is one. By default it is not: that is how overload looks (xinetd, for one). */
  readonly acceptsEmpty: boolean;
}

/** Every answer with a byte in it is good, and kept for two hours. */
export const DEFAULT_ANSWERS: AnswerOptions = {
  maxAnswer: 2 ** 26,
  acceptsEmpty: false,
  ttl: 7_200_000,
  grace: 0,
  ttlFor: [],
};

export interface TtlRule {
  readonly pattern: RegExp;
  readonly ttl: number;
}

/** Whether an answer is whole, as far as a pattern can tell. */
export function isComplete(answer: Uint8Array, { complete }: AnswerRules): boolean {
  return complete === undefined || complete.test(textOf(answer));
}

/** How long an answer may be served; a ttl of 0: it is not kept. */
export function lifetimeOf(answer: Uint8Array, rules: AnswerRules): Lifetime {
  const { ttl, grace, staleIfError = 0, noStore, ttlFor } = rules;
  const text = noStore || ttlFor.length > 0 ? textOf(answer) : "";
  if (noStore?.test(text)) return { ttl: 0, grace: 0, notKept: "no_store" };
  return { ttl: ttlFor.find(({ pattern }) => pattern.test(text))?.ttl ?? ttl, grace, staleIfError };
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}
