import type { Deferred } from "../../deferred/mod.ts";
import { CancelledError } from "../../deferred/mod.ts";
import type { Address } from "../../net/address.ts";
import { endingOf, type Ending } from "../../net/ending.ts";
import type { Protocol, Transport } from "../../net/transport.ts";
import type { Frame } from "../../protocols/frame.ts";
import { asNetstring } from "../../protocols/netstring.ts";
import { readTransformRequest, transformRequestReader } from "../../protocols/transform.ts";
import type { PortEvents } from "../events.ts";
import { FREE_REQUEST } from "../budget.ts";
import type { Delivery } from "../intake.ts";
import type { Memory } from "../memory.ts";
import type { Observer } from "../observer.ts";
import { PortService, type PortServiceOptions } from "../port-service.ts";
import { Asking, refuse, type AskingOptions, type BadRequest } from "../visit/asking.ts";
import { entranceFor, type WelcomeSettings } from "../visit/entrance.ts";
import { AwaitingAnswer } from "../visit/sending.ts";
import { IGNORES_INPUT } from "../visit/waiting.ts";
import type { TransformEvents } from "./events.ts";
import { TransformError, type Transformation, type Workspace } from "./transformation.ts";
import { reportingOutcome } from "./transformed.ts";

/** Options of a TransformServer. */
export interface TransformServerOptions extends PortServiceOptions<WelcomeSettings> {
  readonly observer: Observer<PortEvents & TransformEvents>;
  readonly transformations: readonly Transformation[];
  /** Bytes of the longest poem. */
  readonly maxPoem: number;
  /** Bytes of the longest answer. */
  readonly maxAnswer: number;
  /** Milliseconds a client may take to send its request; 0 = no limit. */
  readonly requestTimeout: number;
  readonly memory: Memory;
}

/**
 * Transforms one poem for each client. As the protocol requires, a bad request or an unknown name gets a clean close
 * without an answer (docs/decisions/0200); if a transformation fails, the client is reset.
 */
export class TransformServer extends PortService {
  readonly #options: TransformServerOptions;
  readonly #transformations: ReadonlyMap<string, Transformation>;
  readonly #asking: AskingOptions;

  constructor(options: TransformServerOptions) {
    super(options, entranceFor(options.listen, options.clock));
    this.#options = options;
    this.#transformations = new Map(options.transformations.map((each) => [each.name, each]));
    const { clock, requestTimeout, memory, maxPoem } = options;
    this.#asking = {
      clock,
      budget: memory.budget,
      reader: (meter) => transformRequestReader(maxPoem, meter),
      requestTimeout,
      asked: (request, client) => this.#answer(request, client),
      isNeeded: ({ ending }) => ending === undefined,
      declines: isDeclined,
    };
  }

  protected override get wholeAnswers(): boolean {
    return true;
  }

  override retire(): void {
    super.retire();
    this.#options.memory.budget.leave();
  }

  protected override tellOpen(address: Address): void {
    this.#options.observer.servingTransforms({ count: this.#transformations.size, address });
  }

  protected override serve(transport: Transport): Protocol {
    return new Asking(transport, this.#asking);
  }

  #answer(request: Frame, client: Transport): Protocol {
    const { name, poem } = readTransformRequest(request.bytes);
    client.request = new TextEncoder().encode(name); // Without the poem, which is private.
    const transformation = this.#transformations.get(name);
    if (!transformation) {
      refuse(client, { ending: "client/request/unknown", detail: `unknown transformation "${name}"` }, true);
      return IGNORES_INPUT;
    }
    const { clock } = this.#options;
    const start = clock.now();
    const answer = this.#inMemory(request, poem, (workspace) =>
      this.#transform(transformation, poem, workspace).addCallback((changed) => {
        client.waitedMs = clock.now() - start;
        for (const part of asNetstring(changed)) client.write(part);
        client.close();
        if (client.unsent > 0) this.#options.memory.unread.hold(client, {}, changed.byteLength);
      }),
    ).addErrback((failure) => {
      if (failure.check(CancelledError)) return; // The client has left.
      if (failure.check(TransformError)) client.abort(endingOf(failure.value));
      else client.fail(failure.value);
    });
    return new AwaitingAnswer(client, this.#options.memory.unread, answer);
  }

  /**
   * Calls `work` once there is memory for the request, which is already here, and for an answer of about its length.
   */
  #inMemory<T>({ bytes }: Frame, poem: Uint8Array, work: (workspace: Workspace) => Deferred<T>): Deferred<T> {
    const { budget, intake } = this.#options.memory;
    const request = Math.max(0, bytes.length - FREE_REQUEST);
    budget.add(request);
    let delivery: Delivery | undefined;
    return intake
      .enter(poem.length)
      .addCallback((entered) => {
        delivery = entered;
        return work({
          takes: (taken) => entered.takes(Math.max(taken, poem.length)), // Else too many would be admitted.
          setSource: (source) => entered.setSource(source),
          inPlaceFrom: entered.inPlaceFrom,
        });
      })
      .addBoth((outcome) => {
        const garbage = request + (delivery?.bytes ?? 0) + poem.length; // Most make a string of it.
        delivery?.close();
        budget.give(request);
        budget.discarded(garbage);
        return outcome;
      });
  }

  #transform(transformation: Transformation, poem: Uint8Array, workspace: Workspace): Deferred<Uint8Array> {
    const { maxAnswer } = this.#options;
    const { name, apply } = transformation;
    const work = () =>
      apply(poem, workspace).addCallback((transformed) => {
        if (transformed.length <= maxAnswer) return transformed;
        throw new TransformError(name, "too_large", `answer longer than ${maxAnswer} bytes`);
      });
    return reportingOutcome(work, { names: [name], bytes: poem.length }, this.#options);
  }
}

/** Faults that the protocol answers with a clean close. */
const DECLINED: ReadonlySet<Ending> = new Set([
  "client/request/malformed",
  "client/request/too_long",
  "client/request/incomplete",
]);

function isDeclined({ ending }: BadRequest): boolean {
  return DECLINED.has(ending);
}
