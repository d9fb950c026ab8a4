import { ENTRY_OVERHEAD } from "../../cache/memory-store.ts";
import type { Framing } from "../../protocols/request.ts";
import { ANSWER_CHECKS } from "./answer-checks.ts";
import { LISTENING_CHECKS } from "./listening-checks.ts";
import { access } from "../rows/access.ts";
import { answers } from "../rows/answers.ts";
import { ADDRESS_CHECKS } from "./address-checks.ts";
import { valueOf, type Check } from "./check.ts";
import { get, proxy, serve } from "../commands.ts";
import { exceeds, outlasts } from "./comparing.ts";
import { filters } from "../rows/filters.ts";
import { listening } from "../rows/listening.ts";
import { requests } from "../rows/requests.ts";
import type { Settled } from "../settled.ts";
import { staleness } from "../rows/staleness.ts";
import { TLS_CHECKS } from "./tls-checks.ts";
import { STORE_CHECKS } from "./store-checks.ts";
import { transforming, transformRequests } from "../rows/transforming.ts";
import { watching } from "../rows/watching.ts";

/** Settings without effect on `transform-serve --list`, which prints and exits. */
const SERVING: readonly string[] = [
  ...Object.keys({ ...listening, ...watching }),
  ...Object.keys(access),
  ...Object.keys(transformRequests),
  "max-answer",
  "filter-timeout",
  "max-filters",
  "max-queue",
];

/** All checks. Two values contradict each other only if both were given: a default or a preset's value gives way. */
export const CHECKS: readonly Check[] = [
  // Requests
  {
    flags: [
      "allow",
      "allow-http",
      "cacheable",
      "ttl-for-request",
      "key-fold",
      "key-drop",
      "eol",
      "max-request",
      "request-timeout",
      "max-pipes",
      "pipe-idle-timeout",
    ],
    isWrong: (settled) => valueOf(settled, requests.request) === "none",
    why: "{} has no effect without {request}",
  },
  {
    flags: ["allow-http"],
    isWrong: (settled) => settled.isChanged("allow-http") && !isText(valueOf(settled, requests.request)),
    why: "{} has no effect with {request=}: such requests are not text",
  },
  {
    flags: ["key-fold", "key-drop", "eol"],
    isWrong: (settled) => !isText(valueOf(settled, requests.request)),
    why: "{} would break requests that carry their own length: it needs {request} line, blank or eof",
  },
  {
    flags: ["eol"],
    isWrong: (settled) =>
      valueOf(settled, requests.request) === "eof" &&
      !valueOf(settled, requests["key-fold"])?.includes("crlf"),
    why: "{} has no effect with {request} eof and without {key-fold} crlf: such requests have no lines",
  },
  {
    flags: ["max-pipes", "pipe-idle-timeout"],
    isWrong: (settled) =>
      !isText(valueOf(settled, requests.request)) || valueOf(settled, requests.allow) !== undefined,
    why: "{} has no effect: requests pass through only with {request} line, blank or eof, and without {allow}",
  },
  {
    flags: ["max-pipes", "pipe-idle-timeout"],
    isWrong: (settled) => valueOf(settled, requests.cacheable) === undefined,
    why: "{} has no effect without {cacheable}: every request is cacheable",
  },
  {
    flags: ["max-entries"],
    isWrong: (settled, flag) => settled.isChanged(flag) && valueOf(settled, requests.request) === "none",
    why: "{} has no effect without {request}: there is only one answer to keep",
  },
  {
    flags: ["max-request"],
    isWrong: (settled) => settled.isGiven("request") && isFixed(valueOf(settled, requests.request)),
    why: "{} has no effect with {request=}: every request has exactly that length",
  },

  // Answers and cache
  {
    flags: ["max-memory"],
    isWrong: (settled, flag) => Number(settled.valueOf(flag)) <= ENTRY_OVERHEAD,
    why: `{max-memory=} is too small for an entry: expected more than ${ENTRY_OVERHEAD} bytes`,
  },
  {
    flags: ["max-answer"],
    isWrong: (settled, flag) => !settled.knows("stream") && exceeds(settled, flag, "max-memory"),
    why: "{max-answer=} is above {max-memory=}: such an answer could never be kept",
  },
  {
    flags: ["max-answer"],
    isWrong: (settled, flag) =>
      valueOf(settled, proxy.stream) === false && exceeds(settled, flag, "max-memory"),
    why: "{max-answer=} is above {max-memory=}: such an answer could never be kept, only passed on with {stream}",
  },
  {
    flags: ["empty"],
    isWrong: (settled) =>
      valueOf(settled, answers.empty) === true &&
      settled.isGiven("complete") &&
      valueOf(settled, transforming.transform) === undefined &&
      valueOf(settled, answers.complete)?.test("") === false,
    why: "{empty=} has no effect: {complete=} does not match an empty answer",
  },
  {
    flags: ["no-store", "max-entries", "store", ...Object.keys(staleness)],
    isWrong: (settled, flag) => settled.isChanged(flag) && hasTtl(settled, 0),
    why: "{} has no effect with {ttl=}: no answer is kept",
  },

  // Stale answers
  {
    flags: Object.keys(staleness),
    isWrong: (settled, flag) => settled.isChanged(flag) && hasTtl(settled, Infinity),
    why: "{} has no effect with {ttl=}: no answer ever becomes stale",
  },
  {
    flags: ["stale-if-error"],
    isWrong: (settled, flag) => settled.isChanged(flag) && exceeds(settled, "grace", flag),
    why: "{stale-if-error=} has no effect: it ends before {grace=} does",
  },
  {
    flags: ["stale-after"],
    isWrong: (settled, flag) => {
      const [grace = 0, staleIfError = 0] = [staleness.grace, staleness["stale-if-error"]].map((each) =>
        valueOf(settled, each),
      );
      return settled.isChanged(flag) && staleIfError <= grace;
    },
    why: "{} has no effect without stale answers, which need a {stale-if-error} longer than {grace}",
  },

  ...ANSWER_CHECKS,
  ...STORE_CHECKS,

  // Limits inside limits
  {
    flags: ["connect-timeout", "first-byte-timeout", "idle-timeout"],
    isWrong: (settled, flag) => outlasts(settled, flag, "total-timeout"),
    why: "{=} has no effect: {total-timeout=} is shorter",
  },
  {
    flags: ["send-timeout"],
    isWrong: (settled, flag) => outlasts(settled, flag, "send-total"),
    why: "{=} has no effect: {send-total=} is shorter",
  },
  {
    flags: ["max-clients-per-ip"],
    isWrong: (settled, flag) => settled.isChanged(flag) && exceeds(settled, flag, "max-clients"),
    why: "{=} has no effect: {max-clients=} is lower",
  },

  ...LISTENING_CHECKS,

  // Poems
  {
    flags: ["num-bytes"],
    isWrong: (settled) => valueOf(settled, serve.delay) === 0,
    why: "{} has no effect without {delay}",
  },
  {
    flags: ["request"],
    isWrong: (settled) => settled.isGiven("request-file"),
    why: "{request} and {request-file} cannot be used together",
  },
  { flags: ["raw"], isWrong: (settled) => !settled.isGiven("request"), why: "{raw} needs a {request}" },
  {
    flags: ["raw"],
    isWrong: (settled) => valueOf(settled, get.request) === "",
    why: 'bad {request} "": with {raw} it would send nothing',
  },
  {
    flags: ["max-answer"],
    isWrong: (settled) =>
      valueOf(settled, get.address)?.length === 1 &&
      !settled.isGiven("transform") &&
      !settled.isGiven("output"),
    why: "{} has no effect on a single poem, which is printed as it arrives",
  },

  {
    flags: ["raw-output"],
    isWrong: (settled) => settled.isGiven("output") && valueOf(settled, get.output) !== "-",
    why: "{} has no effect with {output=}: control characters are escaped on a terminal only",
  },

  // Transformations
  {
    flags: ["transform"],
    isWrong: (settled) => !settled.isGiven("via"),
    why: "{transform} needs {via} ADDRESS (the transformation server)",
  },
  { flags: ["via"], isWrong: (settled) => !settled.isGiven("transform"), why: "{via} needs a {transform}" },
  {
    flags: ["or-plain"],
    isWrong: (settled) => !settled.isGiven("transform"),
    why: "{or-plain} needs a {transform}",
  },
  {
    flags: ["stream"],
    isWrong: (settled) => settled.isGiven("transform"),
    why: "{stream} and {transform} cannot be used together: a poem can only be transformed once complete",
  },
  {
    flags: ["shell", "filter-timeout"],
    isWrong: (settled) => valueOf(settled, filters.filter)?.length === 0,
    why: "{} has no effect without {filter}",
  },
  {
    flags: SERVING,
    isWrong: (settled) => settled.valueOf("list") === true,
    why: "{} has no effect with {list}, which only prints and exits",
  },

  ...ADDRESS_CHECKS,
  ...TLS_CHECKS,

  {
    flags: ["json"],
    isWrong: (settled) => settled.isGiven("quiet"),
    why: "{} has no effect with {quiet}, which prints nothing",
  },
  {
    flags: ["quiet"],
    isWrong: (settled) => settled.isGiven("verbose"),
    why: "{quiet} and {verbose} cannot be used together",
  },
];

/** Whether requests may be rewritten, because they do not carry their own length; `none` has nothing to break. */
function isText(framing: Framing | undefined): boolean {
  return framing === "none" || framing === "line" || framing === "blank" || framing === "eof";
}

/** Whether `ttl` (in milliseconds) was given and no rule gives a kept answer another one. */
function hasTtl(settled: Settled, ttl: number): boolean {
  const rules = [answers["ttl-for"], answers["ttl-for-request"]].flatMap(
    (each) => valueOf(settled, each) ?? [],
  );
  return (
    settled.isGiven("ttl") &&
    valueOf(settled, answers.ttl) === ttl &&
    rules.every((rule) => rule.ttl === ttl || rule.ttl === 0)
  );
}

/** Whether the framing fixes the length of every request: `bytes:N`. */
function isFixed(framing: Framing | undefined): boolean {
  return typeof framing === "object";
}
