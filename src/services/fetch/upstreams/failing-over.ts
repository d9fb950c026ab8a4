import { FetchError } from "../errors.ts";
import type { Step } from "../layer.ts";
import type { OneByOne } from "./one-by-one.ts";
import { Search } from "./search.ts";
import type { Upstreams } from "./upstreams.ts";

/** Each attempt asks the address whose turn it is: one that is not held down, and was not asked in vain before. */
export function failingOver(upstreams: Upstreams, oneByOne: OneByOne, inner: Step): Step {
  return (record) => {
    const search = (record.search ??= new Search(upstreams, record.request));
    return oneByOne.try(search, {
      ask({ upstream, address }, within) {
        record.upstream = upstream;
        record.address = address;
        record.connectWithin = within;
        record.attempts++;
        return inner(record).addErrback((failure) => {
          if (failure.value instanceof FetchError) record.error = failure.value;
          return failure;
        });
      },
      hasConnected: () => record.connectMs !== undefined,
      success: "serves",
    });
  };
}
