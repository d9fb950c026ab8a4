import type { Clock } from "../../time/clock.ts";
import type { Deferred } from "../../deferred/mod.ts";
import { formatAddress, type Address } from "../../net/address.ts";
import type { Connect } from "../../net/connect.ts";
import { netstringContent } from "../../protocols/netstring.ts";
import { toTransformRequest, transformAnswer } from "../../protocols/transform.ts";
import { beside, TransformError, type Transformation, type Workspace } from "./transformation.ts";
import { FetchError } from "../fetch/errors.ts";
import { trip, type FetchTimeouts } from "../fetch/trip.ts";

/** An external transformation server, and how to use it. */
export interface TransformingServer {
  readonly timeouts: FetchTimeouts;
  readonly address: Address;
  readonly clock: Clock;
  /** Default: connect() of net. */
  readonly connect?: Connect | undefined;
  /** The longest answer it may give, in bytes. */
  readonly maxAnswer: number;
  /** Called after a bug in reading its answer. */
  readonly protocolFailed: (error: unknown) => void;
}

/** A transformation by an external server, with one connection per poem. Fails with TransformError. */
export function externalTransformation(name: string, server: TransformingServer): Transformation {
  const { address, maxAnswer } = server;
  const apply = (poem: Uint8Array, workspace?: Workspace): Deferred<Uint8Array> => {
    const request = toTransformRequest({ name, poem });
    const around = beside(request.byteLength, workspace);
    around?.takes(0);
    return trip(address, {
      ...server,
      sink: transformAnswer(maxAnswer, around),
      request,
      connected: (transport) => around?.setSource(transport),
    }).addCallbacks(netstringContent, (failure) => {
      const { reason, detail } = failure.as(FetchError);
      throw new TransformError(`${name} at ${formatAddress(address)}`, reason, detail);
    });
  };
  return { name, description: `by ${formatAddress(address)}`, apply };
}
