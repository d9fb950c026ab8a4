import { parseAddress, parseHost, parsePort, type Address } from "../../net/address.ts";
import { AddressRanges, parseRange } from "../../net/clients/ranges.ts";
import { flag, group, list, setting, unlessLonger } from "../setting.ts";
import { listeningTls } from "./tls.ts";
import { countOrInf, duration, finiteDuration, positiveSize } from "../units.ts";

const ports = group("Listening", {
  port: setting({
    hint: "PORT",
    alias: "p",
    default: "0",
    sets: "listen.address.port",
    parse: (text) => parsePort(text),
    help: "Port to listen on; 0: any free one, which is logged",
  }),
  host: setting({
    hint: "HOST",
    alias: "iface",
    default: "127.0.0.1",
    sets: "listen.address.host",
    parse: parseHost,
    help: "Address to listen on; 0.0.0.0 or :: for all interfaces",
  }),
  listen: list({
    hint: "ADDRESS",
    sets: "listen.addresses",
    page: "access",
    parse: listeningAddress,
    help: "Where to listen, instead of --host and --port; may be repeated: 0.0.0.0:4343 and [::]:4343",
  }),
  "proxy-from": setting({
    hint: "CIDR",
    page: "relays",
    sets: "listen.proxies",
    parse: proxies,
    help: "Require a PROXY header from these addresses (a,b,!c or unix), and refuse one from everybody else",
  }),
  "reuse-port": flag({
    sets: "listen.reusePort",
    page: "stores",
    help: "Let several processes listen on one port, all of them with this flag: the kernel spreads clients over them",
  }),
  "max-clients": setting({
    hint: "N",
    default: "inf",
    sets: "listen.limits.maxClients",
    parse: countOrInf,
    help: "How many clients may be connected; never more than there are descriptors for",
  }),
  "max-clients-per-ip": setting({
    hint: "N",
    default: "inf",
    sets: "listen.limits.maxClientsPerIp",
    parse: countOrInf,
    help: "How many of them from one address",
  }),
  "send-timeout": setting({
    hint: "DURATION",
    default: "60s",
    sets: "listen.limits.sendTimeout",
    parse: duration,
    help: "Reset a client that reads nothing for this long; 0: no limit",
  }),
  "send-total": setting({
    hint: "DURATION",
    default: "10m",
    defaultHelp: "10m, or 0 if --send-timeout is longer",
    sets: "listen.limits.sendTotal",
    parse: duration,
    giveWay: unlessLonger("send-timeout"),
    help: "Reset a client that has not read its whole answer after this time; 0: no limit",
  }),
  "send-buffer": setting({
    hint: "SIZE",
    defaultHelp: "grows to a few MB",
    sets: "listen.limits.sendBuffer",
    parse: positiveSize,
    help: "Kernel send buffer per client",
  }),
  linger: setting({
    hint: "DURATION",
    default: "2s",
    sets: "listen.limits.linger",
    parse: duration,
    help: "How long a client may keep its side open after its answer; 0: no limit",
  }),
  "drain-timeout": setting({
    hint: "DURATION",
    default: "10s",
    key: "process.drain-timeout",
    parse: duration,
    help: "Grace period for clients after a stop signal; 0: none, inf: unlimited",
  }),
  "drain-delay": setting({
    hint: "DURATION",
    default: "0",
    key: "process.drain-delay",
    page: "metrics",
    parse: finiteDuration,
    help: "How long to go on as before after a stop signal, while /ready says no",
  }),
});

/** Where a service listens, how many clients it takes, and how long each may take. */
export const listening = { ...ports, ...listeningTls };

/** [::] is IPv6 alone: 0.0.0.0 may stand beside it. */
function listeningAddress(text: string): Address {
  const address = parseAddress(text, 0);
  return "host" in address && address.host.includes(":") ? { ...address, isOnlyIpv6: true } : address;
}

/** Which clients are proxies: by their addresses, and `unix` for those that come by a Unix socket. */
function proxies(text: string): { allow(host: string): boolean } {
  const words = text.split(",");
  const ranges = words.filter((word) => word !== UNIX).map(parseRange);
  const addresses = ranges.length > 0 ? new AddressRanges(ranges) : undefined;
  return { allow: (host) => (host === UNIX ? words.includes(UNIX) : (addresses?.allow(host) ?? false)) };
}

/** The host of a client that came by a Unix socket. */
const UNIX = "unix";
