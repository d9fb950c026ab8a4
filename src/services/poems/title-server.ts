import { CancelledError, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { escapeControls } from "../../protocols/printable.ts";
import { requestReader } from "../../protocols/request.ts";
import type { PortEvents } from "../events.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import { Asking, type AskingOptions } from "../visit/asking.ts";
import { crowdFor, type VisitorLimits } from "../visit/crowd.ts";
import { behindProxies } from "../visit/reception.ts";
import { Waiting } from "../visit/waiting.ts";
import type { PoemEvents } from "./events.ts";
import { LibraryError, type PoemLibrary } from "./poem-library.ts";
import { Recital, type Pace } from "./recital.ts";

export interface TitleServerOptions extends PortServiceOptions<VisitorLimits> {
  readonly observer: Observer<PortEvents & PoemEvents>;
  readonly pace: Pace;
  readonly library: Pick<PoemLibrary, "directory" | "list" | "find">;
  /** Milliseconds a client may take to ask; 0 = no limit. */
  readonly requestTimeout: number;
}

/** How many characters of a title that is not there are repeated. */
const MOST_REPEATED = 64;

/** Sends every client the poem whose title it asks for in one line; the list of titles for an empty one. */
export class TitleServer extends PortService {
  readonly #options: TitleServerOptions;
  readonly #asking: AskingOptions;

  constructor(options: TitleServerOptions) {
    const { limits, proxies } = options.listen;
    super(options, behindProxies(crowdFor(limits), proxies, options.clock));
    this.#options = options;
    const { clock, requestTimeout } = options;
    this.#asking = {
      clock,
      requestTimeout,
      asked: (request, client) => this.#answer(titleIn(request), client),
    };
  }

  protected override announce(address: Address): void {
    this.#options.observer.servingTitles({ directory: this.#options.library.directory, address });
  }

  protected override serve(client: Transport): Protocol {
    return new Asking(client, requestReader("line"), this.#asking);
  }

  #answer(title: string, client: Transport): Protocol {
    const recital = title === "" ? this.#list(client) : this.#recite(title, client);
    return new AwaitingRecital(
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
        const answer = `No poem called "${escapeControls(shown)}".\n`;
        return this.#say(new TextEncoder().encode(answer), client);
      }
      observer.sending({ bytes: poem.byteLength, client });
      return this.#begin(client, poem, pace);
    });
  }

  #list(client: Transport): Deferred<Recital> {
    const { library, observer } = this.#options;
    return library.list().addCallback(({ titles, text }) => {
      observer.listing({ titles, client });
      // No bytes at all would look like a failure.
      return this.#say(titles > 0 ? text : new TextEncoder().encode("No poems.\n"), client);
    });
  }

  /** Only poems are recited slowly. */
  #say(text: Uint8Array, client: Transport): Recital {
    return this.#begin(client, text, AT_ONCE);
  }

  #begin(client: Transport, poem: Uint8Array, pace: Pace): Recital {
    const recital = new Recital(client, poem, pace, this.#options.clock);
    recital.begin();
    return recital;
  }
}

const AT_ONCE: Pace = { delay: 0, numBytes: Infinity };

/** A client whose answer is looked up, and then recited; if it goes before, nothing is sent. */
class AwaitingRecital extends Waiting {
  #recital: Recital | undefined = undefined;

  constructor(lookup: Deferred<Recital | undefined>) {
    super(lookup);
    lookup.addCallback((recital) => (this.#recital = recital));
  }

  writable(): void {
    this.#recital?.writable();
  }

  override connectionLost(): void {
    super.connectionLost();
    this.#recital?.connectionLost();
  }
}

/** The line without its end, and with whatever it begins with. */
function titleIn({ bytes }: Frame): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\r?\n?$/, "");
}

function shorten(title: string): string {
  const characters = Array.from(title);
  return characters.length > MOST_REPEATED ? `${characters.slice(0, MOST_REPEATED).join("")}…` : title;
}
