import { AddressRanges, parseRange } from "../../net/clients/ranges.ts";
import { group, list, setting } from "../setting.ts";
import { count } from "../units.ts";

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
    hint: "N/s",
    sets: "listen.access.rate",
    page: "access",
    parse: rate,
    help: "How often one address may come: N/s, N/m or N/h; IPv6 by /64",
  }),
  burst: setting({
    hint: "N",
    defaultHelp: "the N of --rate",
    sets: "listen.access.burst",
    parse: count,
    help: "How many visits of one address may follow each other at once",
  }),
});

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function rate(text: string) {
  const [, visits = "", unit = ""] = /^([1-9]\d{0,8})\/([smh])$/.exec(text) ?? [];
  const per = UNITS[unit];
  if (per === undefined) throw new SyntaxError("expected a rate such as 20/s, 30/m or 100/h");
  return { visits: Number(visits), per };
}
