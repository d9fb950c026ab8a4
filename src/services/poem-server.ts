import type { DelayedCall } from "../clock.ts";
import type { Address } from "../net/address.ts";
import type { Protocol, Transport } from "../net/transport.ts";
import { sendWhole } from "../protocols/one-shot.ts";
import { ListeningService, type ListeningOptions } from "./listening-service.ts";
import type { ServiceEvent } from "./service.ts";

export interface PoemServerOptions extends ListeningOptions {
  /** What the poem is called in messages. */
  readonly name: string;
  readonly poem: Uint8Array;
  /** Milliseconds between one piece and the next; 0 = all at once. */
  readonly delay: number;
  /** Bytes in a piece. */
  readonly numBytes: number;
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
    const { poem, delay, observer } = this.#options;
    observer({ what: "sending", bytes: poem.byteLength, client: transport });
    const recital = new Recital(transport, this.#options);
    if (delay === 0) sendWhole(transport, poem);
    else recital.sendPiece();
    return recital;
  }
}

/** One client's poem: a piece, a pause, a piece; never faster than the client reads. */
class Recital implements Protocol {
  readonly #transport: Transport;
  readonly #options: PoemServerOptions;
  #sent = 0;
  #pause: DelayedCall | undefined = undefined;
  #isDue = false;

  constructor(transport: Transport, options: PoemServerOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  sendPiece(): void {
    const { poem, numBytes, delay, clock } = this.#options;
    this.#isDue = this.#transport.unsent > 0;
    if (this.#isDue) return; // `writable` goes on.
    this.#transport.write(poem.subarray(this.#sent, this.#sent + numBytes));
    this.#sent += numBytes;
    if (this.#sent >= poem.length) this.#transport.close();
    else this.#pause = clock.callLater(delay, () => this.sendPiece());
  }

  writable(): void {
    if (this.#isDue) this.sendPiece();
  }

  dataReceived(): void {}

  /** It may have ended only its own side: it still gets its poem. */
  inputEnded(): void {}

  connectionLost(): void {
    this.#pause?.cancel();
  }
}
