import { AddressRanges, parseRange } from "../../net/clients/ranges.ts";
import { group, list, setting } from "../setting.ts";
import { count, rate } from "../units.ts";

/** Which clients may connect, and how often. */
export const access = group("Access", {
  clients: list({
    hint: "CIDR",
    separator: ",",
    sets: "listen.access.clients",
    page: "access",
    parse: (text) => text.split(",").map(parseRange),
    combine: (all) => (all.length === 0 ? undefined : new AddressRanges(all.flat())),
    help: "Accept only clients from these addresses: CIDR,!CIDR; of several ranges that contain a client, the smallest decides",
  }),
  rate: setting({
    hint: "N/s|m|h",
    sets: "listen.access.rate",
    page: "access",
    parse: rate,
    help: "How many times one address may connect per second, minute or hour; IPv6 addresses count by /64",
  }),
  burst: setting({
    hint: "N",
    defaultHelp: "the N of --rate",
    sets: "listen.access.burst",
    parse: count,
    help: "How many connections from one address may come in a burst",
  }),
});
