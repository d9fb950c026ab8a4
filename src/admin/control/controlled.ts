import type { Log } from "../../observe/log.ts";
import type { TextTest } from "../../protocols/pattern.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Service } from "../../services/service.ts";
import type { Clock } from "../../time/clock.ts";
import type { Watching } from "../watch/watching.ts";

/** A service by its name. */
export interface Named {
  readonly name: string;
  readonly service: Pick<Service, "kept" | "holds">;
}

/** Everything that can be changed from outside. */
export interface Controlled {
  readonly clock: Clock;
  readonly watching: Watching;
  /** Has the sizes of the stores counted, so that the status tells those of now; fires in any case. */
  readonly lookAtStores: () => Deferred<void>;
  readonly services: () => readonly Named[];
  readonly log: Log;
  /** Reads a pattern. Fails with SyntaxError. */
  readonly pattern: (text: string) => Deferred<TextTest>;
  /** Tells what was done. */
  readonly told: (order: string) => void;
  /** Begins to stop. */
  readonly drain: () => void;
  /** Reads the configuration again; absent: there is none to read. Fails with what is wrong with it. */
  readonly reload?: (() => Deferred<string>) | undefined;
  /** Has another process take over, started from the file that is installed now. Fails with the reason why it has not. */
  readonly upgrade: () => Deferred<{ readonly pid: number; readonly version: string }>;
}
