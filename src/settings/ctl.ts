import { MOST_LISTED } from "../cache/listing.ts";
import { loadPatterns, Pattern } from "../protocols/pattern.ts";
import { flag, group, positional, setting } from "./setting.ts";
import { countUpTo, finiteDuration, nonEmpty, oneOf } from "./units.ts";

/** The settings of each command of `poetry ctl`. None has a key: they are never part of a configuration file. */

/** The longest time that `hold` and `log` may last, in milliseconds. */
const A_DAY = 86_400_000;

const common = group("Control", {
  socket: setting({
    hint: "PATH",
    isPath: true,
    key: null,
    parse: nonEmpty,
    help: "The control socket of the process; by default $POETRY_CONTROL, otherwise that of the system service",
  }),
  json: flag({ key: null, help: "Print JSON instead of tables" }),
  help: flag({ alias: "h", key: null, help: "Explain every flag; -h: the short form" }),
});

const { service } = group("Control", {
  service: setting({
    hint: "NAME",
    names: "services",
    defaultHelp: "all",
    key: null,
    parse: nonEmpty,
    help: "Only this service",
  }),
});

const SORTS = ["bytes", "hits", "age"] as const;

const { sort, match, limit } = group("Entries", {
  match: setting({
    hint: "REGEX",
    key: null,
    page: "control",
    prepare: loadPatterns,
    parse: (text) => new Pattern(nonEmpty(text)).source,
    help: "Only entries whose key matches",
  }),
  sort: setting({
    hint: SORTS.join("|"),
    default: "bytes",
    words: SORTS,
    key: null,
    parse: oneOf(...SORTS),
    help: "Which entries to list first: the largest, the most requested or the oldest",
  }),
  limit: setting({
    hint: "N",
    alias: "n",
    default: "50",
    key: null,
    parse: countUpTo(MOST_LISTED),
    help: "How many to list, at most 10,000",
  }),
});

const KEY = {
  hint: "a request as a client sends it, without its line end; escapes such as \\n, \\x00 and \\\\ stand for bytes",
  key: null,
  names: "keys",
  takesBytes: true,
  parse: (text: string) => text,
  help: "The key",
} as const;

const { for: time } = group("Control", {
  for: setting({
    hint: "DURATION",
    default: "10m",
    key: null,
    parse: atMostADay,
    help: "How long this lasts; a day at most",
  }),
});

/** A duration above 0 and up to a day, so that nobody forgets an upstream held down or a log left at debug. */
function atMostADay(text: string): number {
  const duration = durationOrZero(text);
  if (duration > 0 && duration <= A_DAY) return duration;
  throw new SyntaxError("expected a duration of more than 0 and at most 24h, such as 90s, 10m or 1.5h");
}

/** 0 for what is no duration. */
function durationOrZero(text: string): number {
  try {
    return finiteDuration(text);
  } catch {
    return 0;
  }
}

const { upstream } = group("Control", {
  upstream: positional({
    hint: "as written in the configuration",
    names: "upstreams",
    key: null,
    parse: nonEmpty,
    help: "The upstream",
  }),
});

export const status = {
  service,
  ...group("Control", {
    quiet: flag({ alias: "q", key: null, help: "Print nothing: the exit code tells whether it is serving" }),
  }),
  ...common,
};

export const ls = { match, sort, limit, service, ...common };

export const show = { ...group("Entries", { key: positional(KEY) }), service, ...common };

export const purge = {
  ...group("Entries", {
    key: positional({ ...KEY, default: "" }),
    match: { ...match, help: "Every entry whose key matches" },
    all: flag({ key: null, help: "Everything" }),
    soft: flag({
      key: null,
      help: "Only mark entries as expired: they may still replace failed fetches, as long as --stale-if-error allows",
    }),
  }),
  service,
  ...common,
};

export const hold = { upstream, for: time, service, ...common };

export const release = { upstream, service, ...common };

const LEVELS = ["error", "warn", "info", "debug"] as const;

export const log = {
  ...group("Control", {
    level: positional({
      hint: LEVELS.join(", "),
      words: LEVELS,
      key: null,
      parse: oneOf(...LEVELS),
      help: "The least severe lines to write",
    }),
  }),
  for: time,
  ...common,
};

export const drain = common;

export const reload = common;

export const upgrade = common;

export const top = { sort, limit: { ...limit, default: "10" }, service, ...common };
