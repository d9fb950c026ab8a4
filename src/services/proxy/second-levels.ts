import type { Cache } from "../../cache/cache.ts";
import type { Load } from "../../cache/load.ts";
import { Numbers } from "../../cache/numbers.ts";
import { through, type Forget, type SecondLevel } from "../../cache/second-level.ts";
import { gatherResults, type Deferred } from "../../deferred/mod.ts";
import type { Frame } from "../../protocols/frame.ts";
import { lifetimeOf, type AnswerRules } from "../fetch/answer-rules.ts";
import { AnswerText } from "../fetch/answer-text.ts";
import type { Fetched } from "../fetch/layer.ts";

/** Where answers are kept besides the memory of this process. */
export interface SecondLevels {
  /** In the order in which they are asked. */
  readonly levels: readonly SecondLevel[];
  readonly numbers: Numbers;
  /** The service has gone. */
  readonly letGo?: () => void;
}

export const NO_LEVELS: SecondLevels = { levels: [], numbers: new Numbers(() => 0) };

/** Asks one level after the other before `load`; what they have is judged by the rules in force. */
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

/** What other nodes have purged is to leave the memory of this one; what may have been purged is past its ttl from now on. */
export function forgetElsewhere({ levels }: SecondLevels, cache: Cache<Frame, Fetched>): void {
  for (const level of levels)
    level.onPurgeElsewhere?.((what) => {
      if (what === "all") cache.purge();
      else if (what === "outdated") cache.purge({ isSoft: true });
      else cache.purgeKey(what.key);
    });
}

/** Fires when all levels have forgotten it; fails when one of them cannot be told. */
export function forgetIn({ levels }: SecondLevels, what: Forget): Deferred<void> {
  const purges = levels.map((level) => level.purge(what));
  return gatherResults(purges, { consumeErrors: true }).addCallback(() => {});
}
