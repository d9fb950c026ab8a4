import { option } from "./args.ts";
import { requestArgs } from "./request-args.ts";
import { positiveSize } from "../settings/units.ts";

/** What a client of a transformation server may ask, whoever does the work. */
export const transformArgs = {
  "max-request": option({
    hint: "SIZE",
    default: "16MiB",
    description: "The longest poem that a client may send",
    parse: positiveSize,
  }),
  "request-timeout": requestArgs["request-timeout"],
};
