import { group, setting } from "../setting.ts";
import { parseSecretSource, parseSharedServer } from "../shared-server.ts";
import { duration, nonEmpty, positiveSize } from "../units.ts";

/** Where answers are kept besides the memory of the process. */
export const stores = group("Second levels", {
  store: setting({
    hint: "FILE",
    isPath: true,
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
  shared: setting({
    hint: "URL",
    key: "shared.url",
    page: "stores",
    parse: parseSharedServer,
    help: "Share answers and fetches with other nodes by a Redis server: redis://HOST:PORT, rediss://HOST:PORT or unix:PATH",
  }),
  "shared-timeout": setting({
    hint: "DURATION",
    default: "100ms",
    key: "shared.timeout",
    page: "stores",
    parse: duration,
    help: "How long to wait for that server before doing without it",
  }),
  "shared-password": setting({
    hint: "file:PATH|env:NAME",
    key: "shared.password",
    page: "stores",
    isPath: "file:",
    namesSecret: true,
    parse: parseSecretSource,
    help: "Where its password is to be read",
  }),
  "shared-ca": setting({
    hint: "FILE",
    isPath: true,
    key: "shared.ca",
    page: "stores",
    parse: nonEmpty,
    help: "With rediss://, the certificates to trust, in PEM, instead of the system's",
  }),
});
