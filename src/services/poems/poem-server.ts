import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { PortEvents } from "../events.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import { entranceFor, type WelcomeSettings } from "../visit/entrance.ts";
import type { PoemEvents } from "./events.ts";
import { Recital, type Pace } from "./recital.ts";

/** Options of a PoemServer. */
export interface PoemServerOptions extends PortServiceOptions<WelcomeSettings> {
  readonly observer: Observer<PortEvents & PoemEvents>;
  readonly pace: Pace;
  /** The name of the poem in messages. */
  readonly name: string;
  readonly poem: Uint8Array;
}

/** Sends the same poem to every client, at the given pace. */
export class PoemServer extends PortService {
  readonly #options: PoemServerOptions;

  constructor(options: PoemServerOptions) {
    super(options, entranceFor(options.listen, options.clock));
    this.#options = options;
  }

  protected override tellOpen(address: Address): void {
    this.#options.observer.serving({ poem: this.#options.name, address });
  }

  protected override serve(client: Transport): Protocol {
    const { poem, pace, clock, observer } = this.#options;
    observer.sending({ bytes: poem.byteLength, client });
    const recital = new Recital(client, poem, pace, clock);
    recital.begin();
    return recital;
  }
}
