import { expect } from "bun:test";
import type { ClientLimits } from "../../src/net/clients/client-limits.ts";
import type { ConnectionLostError } from "../../src/net/errors.ts";
import { listen, type Listener, type ListenOptions, type ListenPlace } from "../../src/net/listen.ts";
import type { Protocol, Transport } from "../../src/net/transport.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { portOf } from "./port-of.ts";

/** A listener on a free port, with the events of its protocols. */
export class ListenerStage implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly told: string[] = [];
  readonly bugs: unknown[] = [];
  readonly transports: Transport[] = [];
  readonly listener: Listener;
  #changed: (() => void)[] = [];

  constructor(
    greet: (transport: Transport) => void,
    limits: Partial<ClientLimits> = {},
    more: Partial<ListenOptions> = {},
  ) {
    const options: ListenOptions & ListenPlace = {
      limits,
      address: { host: "127.0.0.1", port: 0 },
      clock: this.clock,
      protocolFailed: (error: unknown) => this.bugs.push(error),
      ...more,
    };
    this.listener = listen(options, (transport) => {
      this.transports.push(transport);
      const protocol: Protocol = {
        dataReceived: (bytes) => this.tell(`data ${bytes.length}`),
        inputEnded: () => this.tell("input ended"),
        writable: () => this.tell("writable"),
        draining: () => this.tell("draining"),
        connectionLost: (error?: ConnectionLostError) => this.tell(`lost ${error?.message ?? "in order"}`),
      };
      greet(transport);
      this.tell("connected");
      return protocol;
    });
  }

  get port(): number {
    return portOf(this.listener.address);
  }

  async until(event: string, times = 1): Promise<void> {
    while (this.told.filter((each) => each === event).length < times) {
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.abort();
    await this.listener.drain();
    expect(this.listener.connections).toBe(0);
    expect(this.clock.pending).toBe(0);
  }

  /** Records an event, for `until()` and `told`. */
  tell(event: string): void {
    this.told.push(event);
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** A protocol that sends the same answer to all clients. */
export function sendAll(bytes: Uint8Array) {
  return (transport: Transport) => {
    transport.write(bytes);
    transport.close();
  };
}
