import { CancelledError, type Deferred } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { toNetstring } from "../../protocols/netstring.ts";
import { sendWhole } from "../../protocols/one-shot.ts";
import { readTransformRequest, transformRequestReader } from "../../protocols/transform.ts";
import { Asking, type AskingOptions, type BadRequest } from "../visit/asking.ts";
import { ListeningService, type ListeningOptions } from "../port-service.ts";
import type { ServiceEvent } from "../service.ts";
import { reporting, TransformError, type Transformation } from "./transformation.ts";
import { IGNORANCE } from "../visit/answering.ts";

export interface TransformServerOptions extends ListeningOptions {
  readonly transformations: readonly Transformation[];
  /** Bytes of the longest poem. */
  readonly maxPoem: number;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** Milliseconds a client may take to ask; 0 = no limit. */
  readonly requestTimeout: number;
}

/**
 * Transforms one poem for each client. As the protocol has it, a bad request and a name that it does not know are ended
 * in order without an answer (docs/decisions/0200); a transformation that fails resets the client.
 */
export class TransformServer extends ListeningService {
  readonly #options: TransformServerOptions;
  readonly #transformations: ReadonlyMap<string, Transformation>;
  readonly #asking: AskingOptions;
  protected override readonly wholeAnswers = true;

  constructor(options: TransformServerOptions) {
    super(options);
    this.#options = options;
    this.#transformations = new Map(options.transformations.map((each) => [each.name, each]));
    const { clock, requestTimeout, observer } = options;
    this.#asking = {
      clock,
      requestTimeout,
      asked: (request, transport) => this.#answer(request, transport),
      refused: (why, client) => observer({ what: isAnswered(why) ? "declined" : "bad-request", why, client }),
      declines: isAnswered,
    };
  }

  protected override announcement(address: Address): ServiceEvent {
    return { what: "serving-transforms", count: this.#transformations.size, address };
  }

  protected override serve(transport: Transport): Protocol {
    return new Asking(transport, transformRequestReader(this.#options.maxPoem), this.#asking);
  }

  #answer(request: Frame, transport: Transport): Protocol {
    const { name, poem } = readTransformRequest(request.bytes);
    const transformation = this.#transformations.get(name);
    if (!transformation) return this.#decline(name, transport);
    const answer = this.#transform(transformation, poem).addCallbacks(
      (transformed) => sendWhole(transport, toNetstring(transformed)),
      (failure) => {
        if (!failure.check(CancelledError)) transport.abort(); // Else the client has gone.
      },
    );
    // What it says from now on is thrown away; if it ends its own side, it still gets its answer.
    return { ...IGNORANCE, connectionLost: () => answer.cancel() };
  }

  #transform(transformation: Transformation, poem: Uint8Array): Deferred<Uint8Array> {
    const { maxAnswer } = this.#options;
    const { name, apply } = transformation;
    const work = () =>
      apply(poem).addCallback((transformed) => {
        if (transformed.length <= maxAnswer) return transformed;
        throw new TransformError(name, "too_large", `answer longer than ${maxAnswer} bytes`);
      });
    return reporting(work, { names: [name], bytes: poem.length }, this.#options);
  }

  #decline(name: string, client: Transport): Protocol {
    const why = { reason: "unknown", detail: `no transformation is called ${name}` } as const;
    this.#options.observer({ what: "declined", why, client });
    client.close();
    return IGNORANCE;
  }
}

/** What a client may have sent that its protocol has a "no" for: an end without a byte. */
const BAD: ReadonlySet<BadRequest["reason"]> = new Set(["malformed", "too_long", "incomplete"]);

function isAnswered({ reason }: BadRequest): boolean {
  return BAD.has(reason);
}
