import { constants } from "node:os";
import { gatherResults, succeed, type Deferred } from "../deferred/mod.ts";
import { formatAddress, type Address } from "../net/address.ts";
import type { Port } from "../net/port.ts";
import type { Clock } from "../time/clock.ts";
import type { Oversight } from "./oversight.ts";
import type { Inheritance } from "./roster/roster.ts";
import type { Stop } from "./stop.ts";
import type { Stores } from "./stores.ts";
import type { Estate } from "./upgrade/attempt.ts";
import type { LeftSocket } from "./upgrade/messages.ts";
import type { Predecessor } from "./upgrade/predecessor.ts";

/** What there is to hand over in an upgrade. */
export interface Holdings {
  readonly clock: Clock;
  /** The ports of services, by what makes a place the same. */
  readonly ports: () => ReadonlyMap<string, Port>;
  readonly stores: Stores | undefined;
  readonly oversight: Oversight | undefined;
  /** Where orders are taken. */
  readonly control: string | undefined;
  readonly stop: (stop: Stop) => void;
}

/** How the metrics' port is called among those that are handed over. */
export function metricsKey(address: Address): string {
  return `metrics ${formatAddress(address)}`;
}

/** What a predecessor has left, as services take it. */
export function inheritanceFrom({ heritage }: Predecessor): Inheritance {
  return { take: ({ key }) => heritage.take(key), closeRest: () => heritage.closeRest() };
}

/** What a process has that another one is to take over. Metrics and orders stay open until then: there is no moment without. */
export function estateOf(holdings: Holdings): Estate {
  const { clock, stores, oversight, control, stop } = holdings;
  const ports = () => [...holdings.ports(), ...metrics(oversight)];
  return {
    control,
    variables: {},
    sockets: () => ports().map(([key, port]) => leftSocket(key, port)),
    release: () => stores?.suspend() ?? succeed<void>(undefined),
    restore() {
      for (const [, port] of ports()) port.tuneAgain();
      return gatherResults([stores?.resume() ?? succeed(), oversight?.restore() ?? succeed()]).addCallback(() => {});
    },
    replaced() {
      for (const [, port] of ports()) port.leaveFile();
      // First its answer to whoever ordered it: this process may end at once.
      clock.nextTurn(() => stop({ signal: constants.signals.SIGUSR2, name: "an upgrade", isReplaced: true }));
    },
  };
}

function metrics(oversight: Oversight | undefined): (readonly [key: string, port: Port])[] {
  const port = oversight?.metricsPort;
  return port ? [[metricsKey(port.wanted), port]] : [];
}

function leftSocket(key: string, port: Port): LeftSocket {
  return { key, reusePort: port.isReusable, ...port.inheritable };
}
