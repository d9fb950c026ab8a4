import type { Clock } from "../time/clock.ts";
import { maybeDeferred, type Deferred } from "../deferred/mod.ts";
import type { Address } from "../net/address.ts";
import { roomForClients } from "../net/descriptors.ts";
import type { ClientLimits } from "../net/client-limits.ts";
import { listen, type ListenOptions, type Listener } from "../net/listen.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import type { Observer, Service, ServiceEvent } from "./service.ts";

export interface ListeningOptions extends Partial<ClientLimits> {
  /** Where to listen; port 0: any free one. */
  readonly address: Address;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** A service behind one open port: what all of them have in common. */
export abstract class ListeningService implements Service {
  readonly #options: ListeningOptions;
  #listener: Listener | undefined = undefined;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#listener?.connections ?? 0;
  }

  start(): Deferred<Address> {
    const { address, clock, observer, maxClients = Infinity } = this.#options;
    return maybeDeferred(() => {
      const protocolFailed = (error: unknown) => observer({ what: "bug", error });
      const options: ListenOptions = {
        address,
        clock,
        limits: { ...this.#options, maxClients: Math.min(maxClients, roomForClients()) },
        wholeAnswers: this.wholeAnswers,
        turnedAway: (client, reason) => observer({ what: "turned-away", reason, client }),
        protocolFailed,
      };
      const listener = listen(options, (transport) => this.serve(transport));
      this.#listener = listener;
      observer(this.announcement(listener.address));
      return listener.address;
    });
  }

  drain(): Deferred<void> {
    return maybeDeferred(() => this.#listener?.drain());
  }

  abort(): void {
    this.#listener?.abort();
  }

  /** Whether every client gets its answer in one piece, and then the end. */
  protected readonly wholeAnswers: boolean = false;

  /** What to tell the observer once the port is open. */
  protected abstract announcement(address: Address): ServiceEvent;

  /** A client connected. */
  protected abstract serve(transport: Transport): Protocol;
}
