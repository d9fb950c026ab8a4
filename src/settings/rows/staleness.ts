import { group, setting } from "../setting.ts";
import { duration, share } from "../units.ts";

/** Which answers may be served past their TTL, and which are refreshed before it ends. */
export const staleness = group("Stale answers", {
  grace: setting({
    hint: "DURATION",
    default: "0",
    sets: "answers.grace",
    page: "stale-and-streaming",
    parse: duration,
    help: "How long after its TTL a stale answer may be served while a fresh one is fetched",
  }),
  "stale-if-error": setting({
    hint: "DURATION",
    default: "0",
    defaultHelp: "as long as --grace",
    sets: "answers.staleIfError",
    parse: duration,
    giveWay: (_, others) => others.valueOf("grace") as number,
    help: "How long after its TTL a stale answer may replace a failed fetch",
  }),
  "stale-after": setting({
    hint: "DURATION",
    default: "inf",
    sets: "cache.staleAfter",
    parse: duration,
    help: "How long to wait for a fresh answer before serving a stale one",
  }),
  "refresh-ahead": setting({
    hint: "PERCENT",
    default: "0",
    sets: "cache.refreshAhead",
    parse: share,
    help: "Refresh answers requested in the last PERCENT of their TTL, such as 10%",
  }),
});
