import { CancelledError, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { requestReader } from "../../protocols/request.ts";
import { Asking, type AskingOptions } from "../visit/asking.ts";
import { escapeControls } from "../../protocols/printable.ts";
import { ListeningService, type ListeningOptions } from "../port-service.ts";
import { LibraryError, type PoemLibrary } from "./poem-library.ts";
import { Recital, type Pace } from "./recital.ts";
import type { ServiceEvent } from "../service.ts";

export interface TitleServerOptions extends ListeningOptions, Pace {
  readonly library: Pick<PoemLibrary, "directory" | "list" | "find">;
  /** Milliseconds a client may take to ask; 0 = no limit. */
  readonly requestTimeout: number;
}

/** How many characters of a title that is not there are repeated. */
const MOST_REPEATED = 64;

/** Sends every client the poem whose title it asks for in one line; the list of titles for an empty one. */
export class TitleServer extends ListeningService {
  readonly #options: TitleServerOptions;
  readonly #asking: AskingOptions;

  constructor(options: TitleServerOptions) {
    super(options);
    this.#options = options;
    const { clock, requestTimeout, observer } = options;
    this.#asking = {
      clock,
      requestTimeout,
      asked: (request, transport) => this.#answer(titleIn(request), transport),
      refused: (why, client) => observer({ what: "bad-request", why, client }),
    };
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "serving-titles", directory: this.#options.library.directory, address };
  }

  protected override serve(transport: Transport): Protocol {
    return new Asking(transport, requestReader("line"), this.#asking);
  }

  #answer(title: string, transport: Transport): Protocol {
    const recital = title === "" ? this.#list(transport) : this.#recite(title, transport);
    return new Visit(
      recital.addErrback((failure) => {
        if (failure.check(CancelledError)) return undefined;
        const error = failure.value;
        const { observer } = this.#options;
        if (error instanceof LibraryError) observer({ what: "library-failed", error, client: transport });
        else observer({ what: "bug", error });
        transport.abort();
        return undefined;
      }),
    );
  }

  #recite(title: string, transport: Transport): Deferred<Recital> {
    const { library, observer } = this.#options;
    return library.find(title).addCallback((poem) => {
      if (!poem) {
        const shown = shorten(title);
        observer({ what: "unknown-title", title: shown, client: transport });
        const answer = `No poem called "${escapeControls(shown)}".\n`;
        return this.#say(new TextEncoder().encode(answer), transport);
      }
      observer({ what: "sending", bytes: poem.byteLength, client: transport });
      return begin(new Recital(transport, poem, this.#options));
    });
  }

  #list(transport: Transport): Deferred<Recital> {
    const { library, observer } = this.#options;
    return library.list().addCallback(({ titles, text }) => {
      observer({ what: "listing", titles, client: transport });
      // No bytes at all would look like a failure.
      return this.#say(titles > 0 ? text : new TextEncoder().encode("No poems.\n"), transport);
    });
  }

  /** What is no poem is not recited slowly. */
  #say(text: Uint8Array, transport: Transport): Recital {
    return begin(new Recital(transport, text, { ...this.#options, delay: 0 }));
  }
}

/** A client whose answer is looked up, and then recited; if it goes before, nothing is sent. */
class Visit implements Protocol {
  readonly #lookup: Deferred<Recital | undefined>;
  #recital: Recital | undefined = undefined;

  constructor(lookup: Deferred<Recital | undefined>) {
    this.#lookup = lookup.addCallback((recital) => (this.#recital = recital));
  }

  dataReceived(): void {}

  /** It may have ended only its own side: it still gets its answer. */
  inputEnded(): void {}

  writable(): void {
    this.#recital?.writable();
  }

  connectionLost(): void {
    this.#lookup.cancel();
    this.#recital?.connectionLost();
  }
}

function begin(recital: Recital): Recital {
  recital.begin();
  return recital;
}

/** The line without its end, and with whatever it begins with. */
function titleIn({ bytes }: Frame): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\r?\n?$/, "");
}

function shorten(title: string): string {
  const characters = Array.from(title);
  return characters.length > MOST_REPEATED ? `${characters.slice(0, MOST_REPEATED).join("")}…` : title;
}
