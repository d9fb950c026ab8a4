import { constants } from "node:os";
import { controlGuard, controlRoutes } from "../admin/control/routes.ts";
import { hostGuard } from "../admin/hosts.ts";
import { HttpError, type HttpRequest } from "../admin/request.ts";
import { HttpServer, type HttpOptions } from "../admin/server.ts";
import { watchRoutes } from "../admin/watch/routes.ts";
import type { Watching } from "../admin/watch/watching.ts";
import { fromPromise, gatherResults, maybeDeferred, succeed, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import { roomForListeners } from "../net/system/descriptors.ts";
import type { Inherited } from "../net/inherited.ts";
import type { Port } from "../net/port.ts";
import type { ProcessEvents } from "../observe/events.ts";
import type { Log } from "../observe/log.ts";
import { History } from "../observe/numbers/history.ts";
import type { LastReload, Sight, Watched } from "../observe/numbers/watched.ts";
import { loadPatterns, Pattern } from "../protocols/pattern.ts";
import type { Observer } from "../services/observer.ts";
import type { Service } from "../services/service.ts";
import type { Clock } from "../time/clock.ts";
import { openControlSocket, type OpenSocket, type SocketPlace } from "./control-socket.ts";
import type { Phase, Stop } from "./stop.ts";
import type { NewProcess } from "./upgrade/attempt.ts";
import { vitals } from "./vitals.ts";
import type { Watchers } from "./watchers.ts";

/** A service and its name. */
export interface Member {
  readonly name: string;
  readonly service: Service;
}

/** What the metrics and control servers show and may do. */
export interface OversightOptions {
  /** Where to serve metrics; absent: nowhere. */
  readonly metrics: Address | undefined;
  /** Where to open the control socket; absent: nowhere. */
  readonly control: SocketPlace | undefined;
  readonly watchers: Watchers;
  readonly services: () => readonly Member[];
  readonly stores: () => Sight["stores"];
  /** Has the sizes of the stores counted; fires in any case. */
  readonly lookAtStores: () => Deferred<void>;
  readonly log: Log;
  readonly linesDropped: () => number;
  readonly clock: Clock;
  readonly observer: Observer<ProcessEvents & { readonly bug: unknown }>;
  /** Reloads the configuration; absent: there is no file. */
  readonly reload?: (() => Deferred<string>) | undefined;
  /** Starts a new process that takes over. */
  readonly upgrade: () => Deferred<NewProcess>;
  /** Whether a new process is about to take over, or has: changes made here could be lost. */
  readonly isUpgrading: () => boolean;
  /** The listening socket for metrics, if another process passed one on. */
  readonly inherited?: Inherited | undefined;
  /** How the last reload went. */
  readonly lastReload?: (() => LastReload) | undefined;
}

/** The metrics and control sockets of a process. */
export class Oversight {
  readonly #options: OversightOptions;
  readonly #history: History;
  #phase: Phase = "starting";
  #metrics: HttpServer | undefined = undefined;
  #control: OpenSocket<HttpServer> | undefined = undefined;
  #stop: ((stop: Stop) => void) | undefined = undefined;

  private constructor(options: OversightOptions) {
    this.#options = options;
    this.#history = new History(() => this.#watched(), options.clock);
  }

  /** Opens both, as far as they are wanted; undefined if neither is. Fails with an Error or a ListenError. */
  static open(options: OversightOptions): Deferred<Oversight | undefined> {
    const { metrics, control } = options;
    if (!metrics && !control) return succeed(undefined);
    const oversight = new Oversight(options);
    return maybeDeferred(() => {
      if (metrics) oversight.#openMetrics(metrics);
      return control && oversight.#openControl(control);
    }).addCallbacks(
      () => oversight,
      (failure) => {
        oversight.close();
        return failure;
      },
    );
  }

  /** The phase of the process, for `/ready` and the status. */
  set phase(phase: Phase) {
    this.#phase = phase;
  }

  /** Calls `listener` when `poetry ctl drain` asks the process to stop. */
  onStop(listener: (stop: Stop) => void): void {
    this.#stop = listener;
  }

  /** The port for metrics; undefined: there is none. */
  get metricsPort(): Port | undefined {
    return this.#metrics?.port;
  }

  /** Opens the control socket again, if the new process of a failed upgrade has replaced it. */
  restore(): Deferred<void> {
    const { control } = this.#options;
    const before = this.#control;
    if (!control || !before || before.isInPlace()) return succeed<void>(undefined);
    return this.#openControl({ ...control, isLeft: true }).addCallback(() => void before.opened.close());
  }

  /** Leaves metrics and control to another process. Fires when current clients have their answers. */
  leave(): Deferred<void> {
    const servers = [this.#metrics, this.#control?.opened];
    return gatherResults(servers.map((server) => server?.close() ?? succeed())).addCallback(() => {});
  }

  /** Resets current clients and removes the control socket. */
  close(): void {
    this.#history.stop();
    this.#metrics?.abort();
    this.#control?.opened.abort();
    this.#control?.remove();
  }

  #openMetrics(address: Address): void {
    const routes = watchRoutes(this.#watching);
    const { inherited } = this.#options;
    this.#metrics = this.#listen({ address, inherited, routes, guard: hostGuard(address) });
    this.#options.observer.metricsOpened({ address: this.#metrics.address });
  }

  #openControl(place: SocketPlace): Deferred<void> {
    const { clock, observer } = this.#options;
    const routes = this.#controlRoutes();
    return openControlSocket(place, clock, (address) =>
      this.#listen({ address, routes, guard: (request) => this.#guardControl(request) }),
    ).addCallback((opened) => {
      this.#control = opened;
      observer.controlOpened({ path: place.path });
    });
  }

  /** @throws {HttpError} 503 for a change during an upgrade; `drain` is always allowed */
  #guardControl(request: HttpRequest): void {
    controlGuard(request);
    if (request.method === "POST" && request.path !== "/drain" && this.#options.isUpgrading())
      throw new HttpError(503, "An upgrade is under way: try again in a moment");
  }

  get #watching(): Watching {
    return { clock: this.#options.clock, history: this.#history, sight: () => this.#sight() };
  }

  #controlRoutes() {
    const { clock, services, log, observer, reload, upgrade, lookAtStores } = this.#options;
    return controlRoutes({
      clock,
      watching: this.#watching,
      lookAtStores,
      services,
      log,
      pattern: (text) => fromPromise(loadPatterns()).addCallback(() => new Pattern(text)),
      report: (done) => observer.ordered({ order: done }),
      drain: () => this.#stop?.({ signal: constants.signals.SIGTERM, name: "ctl drain" }),
      reload,
      upgrade,
    });
  }

  #listen(options: Pick<HttpOptions, "address" | "inherited" | "routes" | "guard">): HttpServer {
    const { clock, observer } = this.#options;
    return new HttpServer({
      ...options,
      clock,
      maxClients: roomForListeners(),
      failed: (error) => observer.bug(error),
    });
  }

  #watched(): Watched[] {
    const { services, watchers } = this.#options;
    return services().map(({ name, service }) => ({
      name,
      tally: watchers.tallyOf(name),
      figures: () => service.figures(),
    }));
  }

  #sight(): Sight {
    const { linesDropped, stores, lastReload } = this.#options;
    return {
      services: this.#watched(),
      stores: stores(),
      vitals: vitals({
        phase: this.#phase,
        loopLag: this.#history.loopLag,
        logLinesDropped: linesDropped(),
        lastReload: lastReload?.(),
      }),
    };
  }
}
