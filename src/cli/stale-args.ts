import { option, type Values } from "./args.ts";
import { duration, share } from "../settings/units.ts";

/** What may be served past its ttl, and what is fetched before its end. */
export const staleArgs = {
  grace: option({
    hint: "DURATION",
    default: "0",
    description: "How long past its ttl an answer is served at once, while a fresh one is fetched",
    parse: duration,
  }),
  "stale-if-error": option({
    hint: "DURATION",
    description:
      "How long past its ttl an answer stands in for a fetch that fails; default: 24h with --grace, else 0",
    parse: duration,
  }),
  "stale-after": option({
    hint: "DURATION",
    default: "inf",
    description: "How long a client waits for a fresh answer before such an old one is given",
    parse: duration,
  }),
  "refresh-ahead": option({
    hint: "PERCENT",
    default: "0",
    description: "Fetch anew what is asked for in that last part of its ttl, such as 10%",
    parse: share,
  }),
};

const DAY_MS = 86_400_000;

/** The options that the flags stand for. */
export function staleOptions(given: Values<typeof staleArgs>) {
  const { grace } = given;
  return {
    grace,
    staleIfError: given["stale-if-error"] ?? (grace > 0 ? DAY_MS : 0),
    staleAfter: given["stale-after"],
    refreshAhead: given["refresh-ahead"],
  };
}
