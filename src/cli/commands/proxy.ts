import { systemClock as clock } from "../../clock.ts";
import { formatAddress, isLoopback, isWildcard, parseAddress, type Address } from "../../net/address.ts";
import { narrate } from "../../observe/narrate.ts";
import { Proxy } from "../../services/proxy.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { option, positional, toggle, UsageError, type Values } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../open-log.ts";
import { presets } from "../presets.ts";
import { requestArgs, requestOptions } from "../request-args.ts";
import { runService } from "../run-service.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../signals.ts";
import { staleArgs, staleOptions } from "../stale-args.ts";
import { count, countOrInf, countOrZero, duration, oneOf, positiveSize } from "../units.ts";

/** A limit on one phase of a fetch. */
function timeout(standard: string, description: string) {
  return option({
    hint: "DURATION",
    default: standard,
    description: `${description}; 0: no limit`,
    parse: duration,
  });
}

const args = {
  upstream: positional("The server to fetch from: PORT, HOST:PORT or [IPV6]:PORT", parseAddress),
  preset: option({
    hint: "NAME",
    description: `Flags for a known service, which others given override: ${Object.keys(presets).join(", ")}`,
    parse: oneOf(...Object.keys(presets)),
  }),
  ...listenArgs,
  ttl: option({
    hint: "DURATION",
    default: "2h",
    description:
      "How long an answer is served from the cache; 0: only share fetches under way, inf: for ever",
    parse: duration,
  }),
  ...staleArgs,
  stream: toggle("Send answers as they come in; where one breaks off, clients get its beginning and a reset"),
  ...requestArgs,
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
  ...commonArgs,
};

function run(given: Values<typeof args>): Deferred<number> {
  refuseLoop(given.upstream, given);
  const log = openLog(given);
  const proxy = new Proxy({
    upstream: given.upstream,
    ...listenOptions(given),
    ttl: given.ttl,
    ...staleOptions(given),
    retries: given.retries,
    ...requestOptions(given),
    stream: given.stream,
    maxAnswer: given["max-answer"],
    maxMemory: given["max-memory"],
    maxEntries: given["max-entries"],
    maxFetches: given["max-fetches"],
    maxQueue: given["max-queue"],
    connectTimeout: given["connect-timeout"],
    firstByteTimeout: given["first-byte-timeout"],
    idleTimeout: given["idle-timeout"],
    totalTimeout: given["total-timeout"],
    clock,
    observer: narrate(log),
  });
  return runService(proxy, { clock, log, drainTimeout: given["drain-timeout"], onStop });
}

export default command(
  "proxy",
  "Cache a slow service, and ask it once for all who want to know.",
  args,
  run,
  presets,
);

/** A proxy that asks itself would wait for its own answer. */
function refuseLoop(upstream: Address, own: Address): void {
  const isHere = upstream.host === own.host || (isWildcard(own.host) && isLoopback(upstream.host));
  if (upstream.port === own.port && isHere) {
    throw new UsageError(`Bad UPSTREAM "${formatAddress(upstream)}": it is where this proxy listens`);
  }
}
