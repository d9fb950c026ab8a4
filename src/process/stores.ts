import { readFileSync } from "node:fs";
import { Numbers } from "../cache/numbers.ts";
import type { SecondLevel } from "../cache/second-level.ts";
import { gatherResults, succeed, type Deferred } from "../deferred/mod.ts";
import type { ProcessEvents } from "../observe/events.ts";
import type { Observer } from "../services/observer.ts";
import type { SecondLevels } from "../services/proxy/second-levels.ts";
import type { stores } from "../settings/rows/stores.ts";
import type { Values } from "../settings/settled.ts";
import type { SecretSource, SharedServer } from "../settings/shared-server.ts";
import { RedisStore } from "../stores/redis/redis-store.ts";
import type { StoreFigures } from "../stores/store-figures.ts";
import { SqliteStore } from "../stores/sqlite/sqlite-store.ts";
import type { Clock } from "../time/clock.ts";
import { wallClock } from "../time/time-of-day.ts";

/** The settings of second levels; services without a cache have none. */
export type StoreSettings = Partial<Values<typeof stores>>;

/** What stores need from the process around them. */
export interface StoreSurroundings {
  readonly clock: Clock;
  readonly observer: Observer<Pick<ProcessEvents, "storeFailing" | "storeRestored">>;
}

/** What the second levels of a service depend on. */
export interface LevelOptions {
  readonly service: string;
  /** Everything that its answers depend on: see `Settled.shape`. */
  readonly shape: string;
  /** How long to wait for a fetch by another node, in milliseconds; 0: no limit. */
  readonly patience: number;
}

/** An open store, on disk or on a server. */
interface Store {
  level(label: string, patience: number): SecondLevel;
  /** Releases a level whose service is gone. */
  letGo(level: SecondLevel): void;
  figures(): StoreFigures;
  /** Absent: its figures are always those of now. */
  look?(): Deferred<void>;
  close(timeout: number): Deferred<void>;
  /** Closes it until `resume`; absent: any number of processes may have it open. */
  suspend?(timeout: number): Deferred<void>;
  resume?(): Deferred<void>;
}

/** Time limit for the last writes when the process ends, in milliseconds. */
const CLOSE_MS = 1_000;
/** Time limit for counting what they have, in milliseconds: somebody waits for the other figures. */
const LOOK_MS = 100;
/** Time limit for them if another process is waiting for the store, in milliseconds. */
const SUSPEND_MS = 5_000;

/** The second levels of a process: opened once, used by all services, and kept over reloads. */
export class Stores {
  readonly #numbers = new Numbers(wallClock);
  readonly #stores: readonly Store[];

  readonly #clock: Clock;

  private constructor(opened: readonly Store[], clock: Clock) {
    this.#stores = opened;
    this.#clock = clock;
  }

  /** Fails with StoreError if a file cannot be opened, but not if a server cannot be reached. */
  static open(settings: StoreSettings, surroundings: StoreSurroundings): Deferred<Stores> {
    return openFile(settings, surroundings).addCallback((files) =>
      openServer(settings, surroundings).addCallback(
        (servers) => new Stores([...files, ...servers], surroundings.clock),
      ),
    );
  }

  /** The levels of one service; undefined: the process has no stores. */
  levelsOf({ service, shape, patience }: LevelOptions): SecondLevels | undefined {
    if (this.#stores.length === 0) return undefined;
    const label = `${service} ${fingerprintOf(shape)}`;
    const opened = this.#stores.map((store) => ({ store, level: store.level(label, patience) }));
    return {
      levels: opened.map(({ level }) => level),
      numbers: this.#numbers,
      letGo: () => {
        for (const { store, level } of opened) store.letGo(level);
      },
    };
  }

  /** Has their sizes counted, for the next figures; fires when that is done, or takes too long. */
  look(): Deferred<void> {
    const looks = this.#stores.map((store) => store.look?.() ?? succeed());
    return gatherResults(looks)
      .addTimeout(LOOK_MS, this.#clock)
      .addBoth(() => {});
  }

  /** The numbers of each store, for metrics and status. */
  figures(): StoreFigures[] {
    return this.#stores.map((store) => store.figures());
  }

  /** Closes the stores that only one process can have open. Never fails. */
  suspend(): Deferred<void> {
    const suspended = this.#stores.map((store) => store.suspend?.(SUSPEND_MS) ?? succeed());
    return gatherResults(suspended).addCallback(() => {});
  }

  /** Opens them again. Never fails. */
  resume(): Deferred<void> {
    return gatherResults(this.#stores.map((store) => store.resume?.() ?? succeed())).addCallback(() => {});
  }

  /** Completes pending writes, within a second, and closes all. Never fails. */
  close(): Deferred {
    return gatherResults(this.#stores.map((store) => store.close(CLOSE_MS)));
  }
}

function openFile(settings: StoreSettings, surroundings: StoreSurroundings): Deferred<Store[]> {
  const { store: path, "store-size": maxBytes = 0, "store-timeout": timeout = 0 } = settings;
  if (path === undefined) return succeed([]);
  const { clock } = surroundings;
  const told = tellingOf(path, surroundings);
  const file = SqliteStore.open({
    path,
    maxBytes,
    timeout: timeLimit(timeout),
    clock,
    wall: wallClock,
    ...told,
  });
  return file.addCallback((opened) => [opened]);
}

function openServer(settings: StoreSettings, surroundings: StoreSurroundings): Deferred<Store[]> {
  const { shared, "shared-timeout": timeout = 0, "shared-password": password, "shared-ca": ca } = settings;
  if (shared === undefined) return succeed([]);
  const { clock } = surroundings;
  const server = RedisStore.open({
    url: withPassword(shared, password),
    ca: ca === undefined ? undefined : readFileSync(ca, "utf8"),
    timeout: timeLimit(timeout),
    clock,
    node: crypto.randomUUID(),
    name: shared.text,
    ...tellingOf(shared.text, surroundings),
  });
  return server.addCallback((opened) => [opened]);
}

/** How the observer learns that a store fails, or works again. */
function tellingOf(store: string, { observer }: StoreSurroundings) {
  return {
    failed: (error: unknown) => observer.storeFailing({ store, error }),
    restored: () => observer.storeRestored({ store }),
  };
}

/** Bun's client takes a password only in the URL, with a user name: `default` is that of Redis. */
function withPassword({ url }: SharedServer, source: SecretSource | undefined): string {
  if (!source) return url;
  const complete = new URL(url);
  complete.username ||= "default";
  complete.password = encodeURIComponent(readSecret(source));
  return complete.href;
}

/** The variables of the environment that these settings name as secrets. */
export function secretVariables({ "shared-password": source }: StoreSettings): string[] {
  return source && "env" in source ? [source.env] : [];
}

/** @throws {Error} if the file cannot be read, or the variable is not set */
function readSecret(source: SecretSource): string {
  if ("file" in source) return readFileSync(source.file, "utf8").replace(/\r?\n$/, "");
  const secret = process.env[source.env];
  if (secret === undefined) throw new Error(`Cannot read a password from $${source.env}: it is not set`);
  return secret;
}

/** Settings write 0 for no limit, stores Infinity. */
function timeLimit(timeout: number): number {
  return timeout === 0 ? Infinity : timeout;
}

/** Services with equal fingerprints share their entries. */
function fingerprintOf(shape: string): string {
  return new Bun.CryptoHasher("sha256").update(shape).digest("hex").slice(0, 16);
}
