import { group, setting } from "../setting.ts";
import { parseSecretSource, parseSharedServer } from "../shared-server.ts";
import { duration, nonEmpty, positiveSize } from "../units.ts";

/** Second levels of the cache: a file on disk, and a Redis server that nodes share. */
export const stores = group("Second levels", {
  store: setting({
    hint: "FILE",
    isPath: true,
    key: "store.file",
    page: "stores",
    parse: nonEmpty,
    help: "Also keep answers in this file, where they survive a restart",
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
    help: "How long to wait for the file before going on without it",
  }),
  shared: setting({
    hint: "URL",
    key: "shared.url",
    page: "stores",
    parse: parseSharedServer,
    help: "Share answers and fetches with other nodes through a Redis server: redis://HOST:PORT, rediss://HOST:PORT or unix:PATH",
  }),
  "shared-timeout": setting({
    hint: "DURATION",
    default: "100ms",
    key: "shared.timeout",
    page: "stores",
    parse: duration,
    help: "How long to wait for that server before going on without it",
  }),
  "shared-password": setting({
    hint: "file:PATH|env:NAME",
    key: "shared.password",
    page: "stores",
    isPath: "file:",
    namesSecret: true,
    parse: parseSecretSource,
    help: "Where to read the password of that server",
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
