import { parseAddress } from "../../net/address.ts";
import { isTransformName } from "../../protocols/transform.ts";
import { ADDRESS } from "./fetching.ts";
import { requests } from "./requests.ts";
import { viaTls } from "./tls.ts";
import { group, setting } from "../setting.ts";
import { distinct, positiveSize } from "../units.ts";

const via = group("Transforming", {
  transform: setting({
    shapesAnswers: true,
    hint: "NAMES",
    separator: ",",
    sets: "via.names",
    page: "transformations",
    parse: transformNames,
    help: "Have the poem transformed by NAME, or by several NAMES in this order: a,b",
  }),
  via: setting({
    shapesAnswers: true,
    hint: "ADDRESS",
    sets: "via.address",
    parse: parseAddress,
    help: `The transformation server: ${ADDRESS}`,
  }),
});

/** Which transformations to apply to a poem, and the server that applies them. */
export const transforming = { ...via, ...viaTls };

/** Limits on requests to a transformation server, and to a proxy in front of one. */
export const transformRequests = group("Requests", {
  "max-request": setting({
    hint: "SIZE",
    default: "16MiB",
    sets: "maxPoem",
    parse: positiveSize,
    help: "The longest poem that a client may send",
  }),
  "request-timeout": { ...requests["request-timeout"], sets: "requestTimeout" as const },
});

/** Which transformations a proxy offers. */
export const allowing = group("Requests", {
  transforms: setting({
    hint: "NAMES",
    separator: ",",
    defaultHelp: "all",
    sets: "allowed",
    parse: (text) => new Set(distinct(transformNames(text))),
    help: "Transformations clients may request: a,b",
  }),
});

/** Names of transformations, in order: `cummingsify` or `cummingsify,rot13`. */
function transformNames(text: string): string[] {
  const names = text.split(",");
  if (names.every(isTransformName)) return names;
  throw new SyntaxError("expected names of letters, digits, - and _, such as cummingsify or shout,rot13");
}
