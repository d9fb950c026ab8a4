import { fail } from "../../../deferred/mod.ts";
import type { Fetch } from "../layer.ts";
import type { Upstreams } from "./upstreams.ts";

/** Where all addresses are held down because they refused, fails with the same refusal at once: no fetch, and no waiting. */
export function repeated(upstreams: Upstreams, inner: Fetch): Fetch {
  return (request, wish, live) => {
    const refusal = upstreams.refusal;
    return refusal ? fail(refusal.repeatedFor(request)) : inner(request, wish, live);
  };
}
