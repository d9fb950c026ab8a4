import { group, setting } from "../setting.ts";
import { nonEmpty, oneOf } from "../units.ts";

const ACCESS = ["off", "errors", "all"] as const;
const SHOWN = ["full", "hash", "off"] as const;

/** What a service tells of its clients. */
export const watching = group("Watching", {
  "access-log": setting({
    hint: ACCESS.join("|"),
    default: "off",
    words: ACCESS,
    key: "log.access",
    page: "access-log",
    parse: oneOf(...ACCESS),
    help: "A line for each client and each fetch: of none, of those that failed, or of all",
  }),
  "log-requests": setting({
    hint: SHOWN.join("|"),
    default: "full",
    words: SHOWN,
    key: "log.requests",
    page: "access-log",
    parse: oneOf(...SHOWN),
    help: "How logs show requests: as text, as a hash that only tells which are the same, or not at all",
  }),
  "log-file": setting({
    hint: "FILE",
    key: "log.file",
    page: "access-log",
    parse: nonEmpty,
    help: "Append the log to FILE instead of standard error; SIGUSR1 opens it again",
  }),
});
