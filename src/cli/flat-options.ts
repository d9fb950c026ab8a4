import type { listening } from "../settings/listening.ts";
import type { transformProxy } from "../settings/commands.ts";
import type { Options } from "../settings/settle.ts";

/** Nested options as the services take them today: flat. To go as soon as they take them nested. */

export function flatListening({ listen }: Options<typeof listening>) {
  return { address: listen.address, ...listen.limits };
}

export function flatFetching<A extends object>({
  fetch,
  answers,
  cache,
}: Pick<Options<typeof transformProxy>, "fetch" | "cache"> & { readonly answers: A }) {
  const { upstreams, timeouts, ...rest } = fetch;
  const [upstream] = upstreams;
  if (!upstream) throw new RangeError("expected an upstream");
  return {
    upstream,
    ...rest,
    ...answers,
    ...cache,
    connectTimeout: timeouts.connect,
    firstByteTimeout: timeouts.firstByte,
    idleTimeout: timeouts.idle,
    totalTimeout: timeouts.total,
  };
}
