import { fail, Failure, maybeDeferred } from "../../deferred/mod.ts";
import { FREE_REQUEST } from "../budget.ts";
import type { Memory } from "../memory.ts";
import { FetchError } from "./errors.ts";
import type { Step } from "./layer.ts";

/**
 * Accounts for the memory of a fetch until it ends: for a long request from the start, for the answer as it arrives.
 * Fails with FetchError if there is none for the request.
 */
export function metered({ budget, intake }: Memory, inner: Step): Step {
  return (record) => {
    const { length } = record.request.bytes;
    const counted = Math.max(0, length - FREE_REQUEST);
    if (!budget.take(counted)) {
      const detail = `no memory for a request of ${length} bytes`;
      return fail(new FetchError(record.upstream, "memory", 0, detail));
    }
    const delivery = intake.open();
    record.delivery = delivery;
    return maybeDeferred(() => inner(record)).addBoth((outcome) => {
      if (outcome instanceof Failure) delivery.drop();
      delivery.close();
      budget.give(counted);
      budget.discarded(counted);
      return outcome;
    });
  };
}

/** Counts what a failed attempt had received as garbage: another one may follow. */
export function dropped(inner: Step): Step {
  return (record) =>
    inner(record).addErrback((failure) => {
      record.delivery?.drop();
      return failure;
    });
}
