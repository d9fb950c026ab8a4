import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import { ListeningService, type ListeningOptions } from "../port-service.ts";
import { Recital, type Pace } from "./recital.ts";
import type { ServiceEvent } from "../service.ts";

export interface PoemServerOptions extends ListeningOptions, Pace {
  /** What the poem is called in messages. */
  readonly name: string;
  readonly poem: Uint8Array;
}

/** Sends the same poem to every client, as slowly as it is told to. */
export class PoemServer extends ListeningService {
  readonly #options: PoemServerOptions;

  constructor(options: PoemServerOptions) {
    super(options);
    this.#options = options;
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "serving", poem: this.#options.name, address };
  }

  protected override serve(transport: Transport): Protocol {
    const { poem, observer } = this.#options;
    observer({ what: "sending", bytes: poem.byteLength, client: transport });
    const recital = new Recital(transport, poem, this.#options);
    recital.begin();
    return recital;
  }
}
