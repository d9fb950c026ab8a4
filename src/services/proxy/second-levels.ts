import type { Cache } from "../../cache/cache.ts";
import type { Load } from "../../cache/load.ts";
import { Numbers } from "../../cache/numbers.ts";
import { through, type Forget, type SecondLevel } from "../../cache/second-level.ts";
import { gatherResults, type Deferred } from "../../deferred/mod.ts";
import type { Frame } from "../../protocols/frame.ts";
import { lifetimeOf, type AnswerRules } from "../fetch/answer-rules.ts";
import { AnswerText } from "../fetch/answer-text.ts";
import type { Fetched } from "../fetch/layer.ts";

/** Where answers are kept besides in the memory of this process. */
export interface SecondLevels {
  /** In the order in which they are read. */
  readonly levels: readonly SecondLevel[];
  /** Numbers the answers that come from them. */
  readonly numbers: Numbers;
  /** Called when the service no longer needs them. */
  readonly letGo?: () => void;
}

/** A proxy without second levels. */
export const NO_LEVELS: SecondLevels = { levels: [], numbers: new Numbers(() => 0) };

/** Reads one level after another before `load`; their answers get their lifetime from the rules in force. */
export function throughAll(
  { levels, numbers }: SecondLevels,
  answers: AnswerRules,
  load: Load<Frame, Fetched>,
): Load<Frame, Fetched> {
  const judging = {
    numbers,
    lifetimeOf: (bytes: Uint8Array, request: Frame) =>
      lifetimeOf(new AnswerText(bytes, answers.patternLimit), answers, request),
  };
  return levels.reduceRight((inner, level) => through(level, judging, inner), load);
}

/** Drops from memory what other nodes purge; if purges may have been missed, every entry becomes stale. */
export function forgetElsewhere({ levels }: SecondLevels, cache: Cache<Frame, Fetched>): void {
  for (const level of levels)
    level.onPurgeElsewhere?.((what) => {
      if (what === "all") cache.purge();
      else if (what === "outdated") cache.purge({ isSoft: true });
      else cache.purgeKey(what.key);
    });
}

/** Fires when all levels have dropped it; fails if one of them cannot be reached. */
export function forgetIn({ levels }: SecondLevels, what: Forget): Deferred<void> {
  const purges = levels.map((level) => level.purge(what));
  return gatherResults(purges, { consumeErrors: true }).addCallback(() => {});
}
