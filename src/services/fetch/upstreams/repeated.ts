import { fail } from "../../../deferred/mod.ts";
import type { Fetch } from "../layer.ts";
import { heldError } from "./search.ts";
import type { Upstreams } from "./upstreams.ts";

/**
 * Fails at once, without a fetch, while every address is held: by an order, because it refused, or because this machine
 * cannot reach it.
 */
export function repeated(upstreams: Upstreams, inner: Fetch): Fetch {
  return (request, wish, live) => {
    const { heldByOrder, refusal, trouble } = upstreams;
    if (heldByOrder) return fail(heldError(heldByOrder));
    if (refusal) return fail(refusal.repeatedFor(request));
    return trouble ? fail(trouble.asError()) : inner(request, wish, live);
  };
}
