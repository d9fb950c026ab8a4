import { systemClock as clock } from "../../clock.ts";
import { formatAddress, isLoopback, isWildcard, parseAddress, type Address } from "../../net/address.ts";
import { narrate } from "../../observe/narrate.ts";
import { Proxy } from "../../services/proxy.ts";
import { option, positional, UsageError } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../open-log.ts";
import { runService } from "../run-service.ts";
import { commonArgs, listenArgs } from "../shared-args.ts";
import { onStop } from "../signals.ts";
import { duration, positiveSize } from "../units.ts";

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
  ...listenArgs,
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
    description: "Room for all cached answers together",
    parse: positiveSize,
  }),
  "connect-timeout": timeout("5s", "How long connecting may take"),
  "first-byte-timeout": timeout("30s", "How long the upstream may take to begin"),
  "idle-timeout": timeout("30s", "How long the upstream may pause"),
  "total-timeout": timeout("10m", "How long a fetch may take as a whole"),
  ...commonArgs,
};

export default command(
  "proxy",
  "Cache a slow service, and ask it once for all who want to know.",
  args,
  (given) => {
    const log = openLog(given);
    refuseLoop(given.upstream, given);
    const proxy = new Proxy({
      upstream: given.upstream,
      address: given,
      ttl: given.ttl,
      grace: 0,
      maxAnswer: given["max-answer"],
      maxMemory: given["max-memory"],
      connectTimeout: given["connect-timeout"],
      firstByteTimeout: given["first-byte-timeout"],
      idleTimeout: given["idle-timeout"],
      totalTimeout: given["total-timeout"],
      clock,
      observer: narrate(log),
    });
    return runService(proxy, { clock, log, drainTimeout: given["drain-timeout"], onStop });
  },
);

/** A proxy that asks itself would wait for its own answer. */
function refuseLoop(upstream: Address, own: Address): void {
  const isHere = upstream.host === own.host || (isWildcard(own.host) && isLoopback(upstream.host));
  if (upstream.port === own.port && isHere) {
    throw new UsageError(`Bad UPSTREAM "${formatAddress(upstream)}": it is where this proxy listens`);
  }
}
