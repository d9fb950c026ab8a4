import type { Address } from "../../net/address.ts";
import type { Step } from "./layer.ts";

/** Each attempt asks the next of the upstreams, and begins again with the first. */
export function failingOver(upstreams: readonly Address[], inner: Step): Step {
  return (record) => {
    record.upstream = upstreams[record.attempts % upstreams.length] as Address;
    record.attempts++;
    return inner(record);
  };
}
