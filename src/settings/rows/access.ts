import { AddressRanges, parseRange } from "../../net/clients/ranges.ts";
import { group, list, setting } from "../setting.ts";
import { count, rate } from "../units.ts";

/** Who may come in, and how often. */
export const access = group("Access", {
  clients: list({
    hint: "CIDR",
    separator: ",",
    sets: "listen.access.clients",
    page: "access",
    parse: (text) => text.split(",").map(parseRange),
    combine: (all) => (all.length === 0 ? undefined : new AddressRanges(all.flat())),
    help: "Let in only clients of these addresses: CIDR,!CIDR; of several that contain a client the smallest counts",
  }),
  rate: setting({
    hint: "N/s|m|h",
    sets: "listen.access.rate",
    page: "access",
    parse: rate,
    help: "How often one address may come in a second, minute or hour; IPv6 by /64",
  }),
  burst: setting({
    hint: "N",
    defaultHelp: "the N of --rate",
    sets: "listen.access.burst",
    parse: count,
    help: "How many visits of one address may follow each other at once",
  }),
});
