import { ON_UNIX_SOCKET, parseAddress, parseHost, parsePort, type Address } from "../../net/address.ts";
import { AddressRanges, parseRange } from "../../net/clients/ranges.ts";
import { flag, group, list, setting, unlessLonger } from "../setting.ts";
import { listeningTls } from "./tls.ts";
import { countOrInf, duration, finiteDuration, nonEmpty, positiveSize } from "../units.ts";

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
  "socket-mode": setting({
    hint: "MODE",
    defaultHelp: "0600, or 0660 with --socket-group",
    sets: "listen.socket.mode",
    page: "unix-sockets",
    parse: permissions,
    help: "Permissions of the Unix socket, in octal digits",
  }),
  "socket-group": setting({
    hint: "GROUP",
    sets: "listen.socket.group",
    page: "unix-sockets",
    parse: nonEmpty,
    help: "The group that the Unix socket belongs to",
  }),
  "proxy-from": list({
    hint: "CIDR",
    separator: ",",
    page: "relays",
    sets: "listen.proxies",
    parse: (text) => text.split(","),
    combine: (all) => (all.length === 0 ? undefined : proxies(all.flat())),
    help: "Require a PROXY header from these addresses (CIDR,!CIDR or unix), and refuse one from everyone else",
  }),
  "reuse-port": flag({
    sets: "listen.reusePort",
    page: "stores",
    help: "Let several processes share a port, all with this flag: the kernel spreads clients over them",
  }),
  "max-clients": setting({
    hint: "N",
    default: "inf",
    sets: "listen.limits.maxClients",
    parse: countOrInf,
    help: "How many clients may be connected at once; never more than there are file descriptors for",
  }),
  "max-clients-per-ip": setting({
    hint: "N",
    default: "inf",
    sets: "listen.limits.maxClientsPerIp",
    parse: countOrInf,
    help: "How many clients may be connected from one address",
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
    help: "How long a client may keep its side open once it has its answer; 0: no limit",
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
    help: "How long to keep serving as before after a stop signal, while /ready already says no",
  }),
  "upgrade-timeout": setting({
    hint: "DURATION",
    default: "30s",
    key: "process.upgrade-timeout",
    page: "upgrades",
    parse: duration,
    help: "Time limit for the new process of an upgrade to start serving; 0: no limit",
  }),
});

/** Where a service listens, how many clients it takes, and how long each may take. */
export const listening = { ...ports, ...listeningTls };

/** `[::]` means IPv6 only, so that 0.0.0.0 may be listed beside it. */
function listeningAddress(text: string): Address {
  const address = parseAddress(text, 0);
  return "host" in address && address.host.includes(":") ? { ...address, isOnlyIpv6: true } : address;
}

/** The peers that must send a PROXY header, from `--proxy-from`. */
export interface ProxiesSetting {
  /** Whether the peer at `host` is one of them; `host` may be that of a Unix socket. */
  allow(host: string): boolean;
  /** Whether peers on a Unix socket are, and whether any IP addresses are. */
  readonly hasUnix: boolean;
  readonly hasAddresses: boolean;
}

function proxies(words: readonly string[]): ProxiesSetting {
  const ranges = words.filter((word) => word !== ON_UNIX_SOCKET.host).map(parseRange);
  const addresses = ranges.length > 0 ? new AddressRanges(ranges) : undefined;
  const hasUnix = ranges.length < words.length;
  const allow = (host: string) =>
    host === ON_UNIX_SOCKET.host ? hasUnix : (addresses?.allow(host) ?? false);
  return { allow, hasUnix, hasAddresses: addresses !== undefined };
}

/** Permissions as chmod takes them: `0660`. */
function permissions(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new SyntaxError("expected permissions in octal digits, such as 0660");
  return parseInt(text, 8);
}
