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

/** One of the services of a process. */
export interface Member {
  readonly name: string;
  readonly service: Service;
  /** The addresses to listen on. */
  readonly wanted: readonly Address[];
  /** Whether other processes may listen there, too: SO_REUSEPORT. */
  readonly reusePort?: boolean | undefined;
  readonly observer: Observer<ProcessEvents>;
  /** Gives new settings to the service, which is running already. */
  readonly renew?: (() => void) | undefined;
}

/** Some services cannot listen, for the given reasons; so none of them was started. */
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

/** Sockets that listen already, from systemd or from a predecessor. */
export interface Inheritance {
  /** The socket for this place, if there is one. Each is given only once. */
  take(place: Place): (Inherited & { readonly reusePort?: boolean }) | undefined;
  /** To be called when all services have taken theirs. Throws or closes the sockets that are left. */
  closeRest(): void;
}

/** A place where a service is to listen. */
export interface Place {
  readonly service: string;
  readonly address: Address;
  /** Equal for places that can use the same socket. */
  readonly key: string;
}

/** What differs between a service started by flags and services from files. */
export interface RosterOptions {
  /** Whether its only service was started by flags: then its failure is reported for the process. Default: false. */
  readonly isNameless?: boolean;
  /** Sockets that listen already; absent: none. */
  readonly inheritance?: Inheritance | undefined;
}

/** The services of a process: they start together or not at all, and stop together. */
export class Roster implements Runnable {
  readonly #clock: Clock;
  #members: readonly Member[];
  /** Open ports by the key of their place. */
  #ports: ReadonlyMap<string, Port> = new Map();
  /** Services that are no longer members, but still have clients. */
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

  /** Whether the process has been told to stop. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** The current services. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Open ports by the key of their place. */
  get ports(): ReadonlyMap<string, Port> {
    return this.#ports;
  }

  get clients(): number {
    return this.#all().reduce((sum, service) => sum + service.clients, 0);
  }

  get unserved(): number {
    return this.#all().reduce((sum, service) => sum + service.unserved, 0);
  }

  /** Opens the ports of all services. If one cannot be opened, none is, and it fails with RosterError. */
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
   * Replaces all services by `next`, synchronously. A port that stays keeps its socket, so no client in its queue is
   * lost. Removed services may serve their clients for `drainTimeout` milliseconds.
   *
   * @throws {RosterError} if a port cannot be opened; nothing has changed then
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
      if (!names.has(name)) this.#letFinish(service, drainTimeout);
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

  /**
   * Opens new ports first, because only that can fail; then hands out all ports, and closes those that are not wanted.
   */
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

  /** Lets the clients of a removed service finish, and resets them after `timeout` milliseconds. */
  #letFinish(service: Service, timeout: number): void {
    service
      .drain()
      .addTimeout(timeout, this.#clock)
      .addBoth(() => {
        service.abort();
        this.#leaving.delete(service);
      });
  }
}

/**
 * The addresses of a member by key. Equal addresses have equal keys, but each "any free port" is a place of its own.
 */
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
 * Opens the wanted ports that are not open.
 *
 * @throws {RosterError} with every reason; nothing is left open then
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
