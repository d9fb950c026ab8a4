import { group, setting } from "../setting.ts";
import { duration, nonEmpty, positiveSize } from "../units.ts";

/** Where answers are kept besides the memory of the process. */
export const stores = group("Second levels", {
  store: setting({
    hint: "FILE",
    key: "store.file",
    page: "stores",
    parse: nonEmpty,
    help: "Keep answers in this file, too: they survive a restart",
  }),
  "store-size": setting({
    hint: "SIZE",
    default: "1GiB",
    key: "store.size",
    page: "stores",
    parse: positiveSize,
    help: "How large the file may become; the least recently used answers make room",
  }),
  "store-timeout": setting({
    hint: "DURATION",
    default: "100ms",
    key: "store.timeout",
    page: "stores",
    parse: duration,
    help: "How long to wait for the file before doing without it",
  }),
});
