import { parseHost, parsePort } from "../../net/address.ts";
import { group, setting, unlessLonger } from "../setting.ts";
import { listeningTls } from "./tls.ts";
import { countOrInf, duration, positiveSize } from "../units.ts";

/** Where a service listens, how many clients it takes, and how long each may take. */
export const listening = {
  ...group("Listening", {
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
  }),
  ...listeningTls,
};
