import { gatherResults, maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import { formatAddress, type Address } from "../../net/address.ts";
import type { Inherited } from "../../net/inherited.ts";
import type { DrainOptions } from "../../net/listen.ts";
import { Port } from "../../net/port.ts";
import type { ProcessEvents } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import type { Service } from "../../services/service.ts";
import type { Clock } from "../../time/clock.ts";
import type { Runnable } from "../stop.ts";

/** One of several services of a process. */
export interface Member {
  readonly name: string;
  readonly service: Service;
  /** Where it is to listen. */
  readonly wanted: readonly Address[];
  /** Whether other processes may listen there, too. */
  readonly reusePort?: boolean | undefined;
  readonly observer: Observer<ProcessEvents>;
  /** Has the service, which is there already, go on with other settings. */
  readonly renew?: (() => void) | undefined;
}

/** Some services cannot listen, each of which has told why; so the others do not, either. */
export class RosterError extends Error {
  override readonly name = "RosterError";

  constructor(
    readonly reasons: readonly { readonly member: Member; readonly error: unknown }[],
    all: number,
  ) {
    const failed = new Set(reasons.map(({ member }) => member)).size;
    super(`${failed} of ${all} ${all === 1 ? "service" : "services"} cannot listen: nothing was started`);
  }
}

/** Sockets that listen already, for services to begin with. */
export interface Inheritance {
  /** The one for this place, if there is one; it is given once. */
  take(place: Place): (Inherited & { readonly reusePort?: boolean }) | undefined;
  /** All services have begun: nobody takes another one. */
  closeRest(): void;
}

/** Where a service listens. */
export interface Place {
  readonly service: string;
  readonly address: Address;
  /** What makes it the same place. */
  readonly key: string;
}

export interface RosterOptions {
  /** Its one service has no name of its own: what is wrong with it is wrong with the process. Default: false. */
  readonly isNameless?: boolean;
  /** Absent: none. */
  readonly inheritance?: Inheritance | undefined;
}

/** The services of a process: they start together or not at all, and stop together. */
export class Roster implements Runnable {
  readonly #clock: Clock;
  #members: readonly Member[];
  /** Open ports, by what they are wanted as. */
  #ports: ReadonlyMap<string, Port> = new Map();
  /** No longer among the members, but with clients of theirs. */
  readonly #leaving = new Set<Service>();
  readonly #inheritance: Inheritance | undefined;
  readonly #isNameless: boolean;
  #isEnding = false;

  constructor(members: readonly Member[], clock: Clock, options: RosterOptions = {}) {
    const { inheritance, isNameless = false } = options;
    this.#members = members;
    this.#clock = clock;
    this.#inheritance = inheritance;
    this.#isNameless = isNameless;
  }

  /** Whether it has been told to stop. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** The services now. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Open ports, by what makes a place the same. */
  get ports(): ReadonlyMap<string, Port> {
    return this.#ports;
  }

  get clients(): number {
    return this.#all().reduce((sum, service) => sum + service.clients, 0);
  }

  get unserved(): number {
    return this.#all().reduce((sum, service) => sum + service.unserved, 0);
  }

  /** Opens the ports of all. Fails with RosterError, and none is open, if one of them cannot be. */
  start(): Deferred<void> {
    return maybeDeferred(() => {
      this.#open(this.#members);
      this.#inheritance?.closeRest();
    }).addErrback((failure) => {
      if (!(failure.value instanceof RosterError)) return failure;
      const { reasons } = failure.value;
      if (this.#isNameless) throw reasons[0]?.error;
      for (const { member, error } of reasons) member.observer.startFailed(error);
      return failure;
    });
  }

  /**
   * Puts `next` in the place of all services, in one turn of the event loop. A port that somebody had before keeps its
   * socket. Services that are gone serve their clients, for as long as `drainTimeout` allows.
   *
   * @throws {RosterError} if a port cannot be opened; then nothing has changed
   */
  change(next: readonly Member[], drainTimeout: number): void {
    const before = this.#members;
    this.#open(next);
    const names = new Set(next.map(({ name }) => name));
    const services = new Set(next.map(({ service }) => service));
    for (const { name, service } of before) {
      if (services.has(service)) continue;
      service.retire();
      this.#leaving.add(service);
      if (!names.has(name)) this.#seeOff(service, drainTimeout);
    }
    for (const service of this.#leaving) if (service.clients === 0) this.#leaving.delete(service);
  }

  drain(how?: DrainOptions): Deferred<void> {
    this.#isEnding = true;
    return gatherResults(this.#all().map((service) => service.drain(how))).addCallback(() => undefined);
  }

  abort(): void {
    this.#isEnding = true;
    for (const service of this.#all()) service.abort();
  }

  #all(): Service[] {
    return [...this.#members.map(({ service }) => service), ...this.#leaving];
  }

  #open(next: readonly Member[]): void {
    const before = this.#ports;
    const wanted = next.map((member) => ({ member, keys: keysOf(member) }));
    const opened = openPorts(wanted, before, this.#inheritance);
    this.#ports = new Map(
      wanted.flatMap(({ keys }) =>
        [...keys.keys()].map((key) => [key, opened.get(key) ?? before.get(key)] as [string, Port]),
      ),
    );
    this.#members = next;
    for (const { member, keys } of wanted) {
      member.renew?.();
      for (const [key, address] of keys) this.#ports.get(key)?.permit(address);
      const ports = [...keys.keys()].map((key) => this.#ports.get(key) as Port);
      member.service.usePorts(ports);
      if (ports.some(({ isReusable }) => isReusable !== (member.reusePort ?? false)))
        member.observer.notReloaded({ setting: "reuse-port" });
      if ([...keys.keys()].some((key) => opened.has(key))) member.service.announce();
    }
    for (const [key, port] of before) if (!this.#ports.has(key)) port.close();
  }

  /** Lets the clients of a service that is gone finish. */
  #seeOff(service: Service, timeout: number): void {
    service
      .drain()
      .addTimeout(timeout, this.#clock)
      .addBoth(() => {
        service.abort();
        this.#leaving.delete(service);
      });
  }
}

/** Where a service wants to listen, by what makes a port the same port: any free port is one of its own. */
function keysOf({ name, wanted }: Member) {
  return new Map(
    wanted.map((address, index) => {
      const isAny = "port" in address && address.port === 0;
      return [isAny ? `${name} ${index} ${formatAddress(address)}` : formatAddress(address), address];
    }),
  );
}

function openPort({ reusePort }: Member, address: Address, inherited: ReturnType<Inheritance["take"]>): Port {
  return new Port(address, { reusePort: inherited?.reusePort ?? reusePort, inherited });
}

type Wanted = { readonly member: Member; readonly keys: ReturnType<typeof keysOf> };

/**
 * Opens what is wanted and not open.
 *
 * @throws {RosterError} with every reason; then nothing has been opened
 */
function openPorts(
  wanted: readonly Wanted[],
  open: ReadonlyMap<string, Port>,
  inheritance: Inheritance | undefined,
): Map<string, Port> {
  const opened = new Map<string, Port>();
  const reasons: { member: Member; error: unknown }[] = [];
  for (const { member, keys } of wanted) {
    for (const [key, address] of keys) {
      try {
        const before = open.get(key);
        if (before) before.check(address);
        else
          opened.set(
            key,
            openPort(member, address, inheritance?.take({ service: member.name, address, key })),
          );
      } catch (error) {
        reasons.push({ member, error });
      }
    }
  }
  if (reasons.length === 0) return opened;
  for (const port of opened.values()) port.close();
  throw new RosterError(reasons, wanted.length);
}
