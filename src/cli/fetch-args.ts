import { option, type Values } from "./args.ts";
import { count, countOrInf, countOrZero, duration, positiveSize } from "../settings/units.ts";

/** A limit on one phase of a fetch. */
function timeout(standard: string, description: string) {
  return option({
    hint: "DURATION",
    default: standard,
    description: `${description}; 0: no limit`,
    parse: duration,
  });
}

/** What every proxy understands: how long it keeps answers, how many, and how patiently it fetches them. */
export const fetchArgs = {
  ttl: option({
    hint: "DURATION",
    default: "2h",
    description:
      "How long an answer is served from the cache; 0: only share fetches under way, inf: for ever",
    parse: duration,
  }),
  "max-answer": option({
    hint: "SIZE",
    default: "64MiB",
    description: "The longest answer to accept",
    parse: positiveSize,
  }),
  "max-memory": option({
    hint: "SIZE",
    default: "256MiB",
    description: "Room for all cached answers together, keys and bookkeeping included",
    parse: positiveSize,
  }),
  "max-entries": option({
    hint: "N",
    default: "inf",
    description: "How many answers to keep at the most",
    parse: countOrInf,
  }),
  "max-fetches": option({
    hint: "N",
    default: "64",
    description: "How many fetches may be under way at a time",
    parse: count,
  }),
  "max-queue": option({
    hint: "N",
    default: "1024",
    description: "How many more may wait for their turn; the next one fails at once",
    parse: countOrZero,
  }),
  retries: option({
    hint: "N",
    default: "1",
    description: "How often a failed fetch is tried again, within --total-timeout",
    parse: countOrZero,
  }),
  "connect-timeout": timeout("5s", "How long connecting may take"),
  "first-byte-timeout": timeout("30s", "How long the upstream may take to begin"),
  "idle-timeout": timeout("30s", "How long the upstream may pause"),
  "total-timeout": timeout("10m", "How long a fetch may take as a whole"),
};

/** The options that the flags stand for. */
export function fetchOptions(given: Values<typeof fetchArgs>) {
  return {
    cache: { maxMemory: given["max-memory"], maxEntries: given["max-entries"] },
    answers: { ttl: given.ttl, maxAnswer: given["max-answer"] },
    fetch: {
      maxFetches: given["max-fetches"],
      maxQueue: given["max-queue"],
      retries: given.retries,
      timeouts: {
        connect: given["connect-timeout"],
        firstByte: given["first-byte-timeout"],
        idle: given["idle-timeout"],
        total: given["total-timeout"],
      },
    },
  };
}
