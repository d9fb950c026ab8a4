import type { Log } from "../../observe/log.ts";
import type { TextTest } from "../../protocols/pattern.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Service } from "../../services/service.ts";
import type { Clock } from "../../time/clock.ts";
import type { Watching } from "../watch/watching.ts";

/** A service and its name, with what can be changed: its cached answers, and holds of its upstreams. */
export interface Named {
  readonly name: string;
  readonly service: Pick<Service, "kept" | "holds">;
}

/** What the control socket can see and change. */
export interface Controlled {
  readonly clock: Clock;
  readonly watching: Watching;
  /** Has the sizes of the stores counted, so that the status tells those of now; fires in any case. */
  readonly lookAtStores: () => Deferred<void>;
  readonly services: () => readonly Named[];
  readonly log: Log;
  /** Compiles a pattern. Fails with SyntaxError. */
  readonly pattern: (text: string) => Deferred<TextTest>;
  /** Logs what was done, in a sentence. */
  readonly report: (done: string) => void;
  /** Starts an orderly stop of the process. */
  readonly drain: () => void;
  /** Reloads the configuration, and fires with a summary; fails with the reasons. Absent: there is no file. */
  readonly reload?: (() => Deferred<string>) | undefined;
  /** Starts the installed program as a new process, which takes over. Fails with the reason if it does not. */
  readonly upgrade: () => Deferred<{ readonly pid: number; readonly version: string }>;
}
