import { fail } from "../../../deferred/mod.ts";
import type { Fetch } from "../layer.ts";
import { heldError } from "./search.ts";
import type { Upstreams } from "./upstreams.ts";

/**
 * If all addresses are held down because they refused, because this machine cannot reach them, or by an order, fails at
 * once, without a fetch or waiting.
 */
export function repeated(upstreams: Upstreams, inner: Fetch): Fetch {
  return (request, wish, live) => {
    const { heldByOrder, refusal, trouble } = upstreams;
    if (heldByOrder) return fail(heldError(heldByOrder));
    if (refusal) return fail(refusal.repeatedFor(request));
    return trouble ? fail(trouble.asError()) : inner(request, wish, live);
  };
}
