import type { Kept } from "../../cache/memory-store.ts";
import { CancelledError, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { escapeControls } from "../../protocols/printable.ts";
import { requestReader } from "../../protocols/request.ts";
import type { PortEvents } from "../events.ts";
import type { Memory } from "../memory.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import { Asking, type AskingOptions } from "../visit/asking.ts";
import { entranceFor, type WelcomeSettings } from "../visit/entrance.ts";
import type { Unread } from "../unread.ts";
import { AwaitingAnswer } from "../visit/sending.ts";
import type { PoemEvents } from "./events.ts";
import { LibraryError, type PoemLibrary } from "./poem-library.ts";
import { Recital, type Pace } from "./recital.ts";

/** Options of a TitleServer. */
export interface TitleServerOptions extends PortServiceOptions<WelcomeSettings> {
  readonly observer: Observer<PortEvents & PoemEvents>;
  readonly pace: Pace;
  readonly library: Pick<PoemLibrary, "directory" | "list" | "find">;
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  /** Shared with the library. */
  readonly memory: Memory;
}

/** How many characters of an unknown title the message to the client repeats. */
const MOST_REPEATED = 64;

/** Sends each client the poem whose title it asks for in one line, or the list of titles for an empty line. */
export class TitleServer extends PortService {
  readonly #options: TitleServerOptions;
  readonly #asking: AskingOptions;

  constructor(options: TitleServerOptions) {
    super(options, entranceFor(options.listen, options.clock));
    this.#options = options;
    const { clock, requestTimeout, memory } = options;
    this.#asking = {
      clock,
      budget: memory.budget,
      reader: (meter) => requestReader("line", undefined, meter),
      requestTimeout,
      asked: (request, client) => this.#answer(titleIn(request), client),
    };
  }

  override retire(): void {
    super.retire();
    this.#options.memory.budget.leave();
  }

  protected override tellOpen(address: Address): void {
    this.#options.observer.servingTitles({ directory: this.#options.library.directory, address });
  }

  protected override serve(client: Transport): Protocol {
    return new Asking(client, this.#asking);
  }

  #answer(title: string, client: Transport): Protocol {
    const recital = title === "" ? this.#list(client) : this.#recite(title, client);
    return new AwaitingRecital(
      client,
      this.#options.memory.unread,
      recital.addErrback((failure) => {
        if (failure.check(CancelledError)) return undefined;
        const error = failure.value;
        if (!(error instanceof LibraryError)) client.fail(error);
        else {
          this.#options.observer.libraryFailed({ error, client });
          client.abort(error.ending);
        }
        return undefined;
      }),
    );
  }

  #recite(title: string, client: Transport): Deferred<Recital> {
    const { library, observer, pace } = this.#options;
    return library.find(title).addCallback((poem) => {
      if (!poem) {
        const shown = shorten(title);
        observer.unknownTitle({ title: shown, client });
        return this.#say(`No poem called "${escapeControls(shown)}".\n`, client);
      }
      const { bytes } = poem;
      observer.sending({ bytes: bytes.byteLength, client });
      return this.#begin(client, poem, bytes, pace);
    });
  }

  #list(client: Transport): Deferred<Recital> {
    const { library, observer } = this.#options;
    return library.list().addCallback((list) => {
      const { titles, text } = list;
      observer.listing({ titles, client });
      if (titles === 0) return this.#say("No poems.\n", client); // An empty answer would look like a failure.
      return this.#begin(client, list, text, AT_ONCE);
    });
  }

  #say(text: string, client: Transport): Recital {
    return this.#begin(client, {}, new TextEncoder().encode(text), AT_ONCE);
  }

  /** Sends an answer at the given pace. */
  #begin(client: Transport, answer: Kept, bytes: Uint8Array, pace: Pace): Recital {
    const { clock, memory } = this.#options;
    const { unread } = memory;
    const recital = new Recital(client, bytes, pace, clock, () => unread.advanced(client));
    recital.begin();
    if (client.unsent > 0 || !recital.isOver) unread.hold(client, answer, bytes.byteLength);
    return recital;
  }
}

const AT_ONCE: Pace = { delay: 0, numBytes: Infinity };

/** A client whose poem is looked up and then recited. If it leaves before that, nothing is sent. */
class AwaitingRecital extends AwaitingAnswer {
  #recital: Recital | undefined = undefined;

  constructor(client: Transport, unread: Unread, lookup: Deferred<Recital | undefined>) {
    super(client, unread, lookup);
    lookup.addCallback((recital) => (this.#recital = recital));
  }

  override writable(): void {
    this.#recital?.writable();
    if (this.#recital?.isOver && this.client.unsent === 0) super.writable();
    else super.advanced();
  }

  override connectionLost(): void {
    super.connectionLost();
    this.#recital?.connectionLost();
  }
}

/** The line without its end. A byte order mark is part of the title. */
function titleIn({ bytes }: Frame): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\r?\n?$/, "");
}

function shorten(title: string): string {
  const characters = Array.from(title);
  return characters.length > MOST_REPEATED ? `${characters.slice(0, MOST_REPEATED).join("")}…` : title;
}
