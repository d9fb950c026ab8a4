import { parseAddress, parseLiteral } from "../../net/address.ts";
import { group, positionals, setting, unlessLonger } from "../setting.ts";
import { count, countOrZero, duration, oneOf, rate } from "../units.ts";

const VERSIONS = ["v1", "v2"] as const;

/** The forms of an address, for help. */
export const ADDRESS = "PORT, HOST:PORT, [IPV6]:PORT or unix:/PATH";

const CHOICES = ["first", "spread"] as const;
const FAMILIES = ["4", "6"] as const;

/** The server to query. */
export const asking = group("Fetching", {
  upstream: positionals({
    shapesAnswers: true,
    hint: ADDRESS,
    sets: "fetch.upstreams",
    parse: parseAddress,
    help: "The server to query; of several, the later ones are backups",
  }),
});

/** Which address to query, how long a fetch may take, how often to retry it, and how many may run at once. */
export const fetching = group("Fetching", {
  choose: setting({
    hint: CHOICES.join("|"),
    default: "first",
    words: CHOICES,
    sets: "fetch.choose",
    page: "upstreams",
    parse: oneOf(...CHOICES),
    help: "Which of several addresses to query: the first that is not held down, or each in turn",
  }),
  "dns-ttl": setting({
    hint: "DURATION",
    default: "30s",
    sets: "fetch.names.ttl",
    parse: duration,
    help: "How long the addresses of a name are used before it is looked up again",
  }),
  prefer: setting({
    hint: FAMILIES.join("|"),
    words: FAMILIES,
    sets: "fetch.names.prefer",
    parse: (text) => (oneOf(...FAMILIES)(text) === "4" ? 4 : 6),
    help: "Try a name's IPv4 or IPv6 addresses first; default: in the system's order",
  }),
  source: setting({
    hint: "IP",
    sets: "fetch.source",
    parse: parseLiteral,
    help: "The address of this machine to connect from",
  }),
  "connect-timeout": setting({
    hint: "DURATION",
    default: "5s",
    sets: "fetch.timeouts.connect",
    parse: duration,
    help: "Time limit for connecting; 0: no limit",
  }),
  "first-byte-timeout": setting({
    hint: "DURATION",
    default: "30s",
    sets: "fetch.timeouts.firstByte",
    parse: duration,
    help: "Time limit for the first byte; 0: no limit",
  }),
  "idle-timeout": setting({
    hint: "DURATION",
    default: "30s",
    sets: "fetch.timeouts.idle",
    parse: duration,
    help: "Longest silence in mid-answer; 0: no limit",
  }),
  "total-timeout": setting({
    hint: "DURATION",
    default: "10m",
    defaultHelp: "10m, or 0 if another limit is longer",
    sets: "fetch.timeouts.total",
    parse: duration,
    giveWay: unlessLonger("connect-timeout", "first-byte-timeout", "idle-timeout"),
    help: "Time limit for a fetch as a whole, retries included, and for its wait in the queue; 0: no limit",
  }),
  retries: setting({
    hint: "N",
    default: "1",
    sets: "fetch.retries",
    parse: countOrZero,
    help: "How many times to retry a failed fetch, within --total-timeout",
  }),
  "fetch-rate": setting({
    hint: "N/s|m|h",
    sets: "fetch.rate",
    page: "upstreams",
    parse: rate,
    help: "Maximum number of connections for fetches in any second, minute or hour, to all upstreams together",
  }),
  "send-proxy": setting({
    hint: VERSIONS.join("|"),
    words: VERSIONS,
    sets: "fetch.sendProxy",
    page: "relays",
    parse: oneOf(...VERSIONS),
    help: "Begin each connection with a PROXY header; it names the client only if the request is not shared",
  }),
  "max-fetches": setting({
    hint: "N",
    default: "64",
    sets: "fetch.maxFetches",
    parse: count,
    help: "How many fetches may be under way at once",
  }),
  "max-queue": setting({
    hint: "N",
    default: "1024",
    sets: "fetch.maxQueue",
    parse: countOrZero,
    help: "How many may queue beyond that; further ones fail immediately",
  }),
});
