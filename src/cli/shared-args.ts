import { parseHost, parsePort } from "../net/address.ts";
import { option, toggle, type Values } from "./args.ts";
import { countOrInf, duration, oneOf, positiveSize } from "../settings/units.ts";

/** What every command understands. */
export const commonArgs = {
  quiet: toggle("Log warnings and errors only", "q"),
  verbose: toggle("Log every client, too", "v"),
  log: option({
    hint: "text|json",
    default: "text",
    description: "How to log, to standard error",
    parse: oneOf("text", "json"),
  }),
  help: toggle("Show this help", "h"),
};

/** What every command that listens understands. */
export const listenArgs = {
  port: option({
    hint: "PORT",
    alias: "p",
    default: "0",
    description: "Port to listen on; 0: any free one, which is logged",
    parse: (text) => parsePort(text),
  }),
  host: option({
    hint: "HOST",
    alias: "iface",
    default: "127.0.0.1",
    description: "Address to listen on; 0.0.0.0 or :: for all interfaces",
    parse: parseHost,
  }),
  "max-clients": option({
    hint: "N",
    default: "inf",
    description: "How many clients may be connected; never more than there are descriptors for",
    parse: countOrInf,
  }),
  "max-clients-per-ip": option({
    hint: "N",
    default: "inf",
    description: "How many of them from one address",
    parse: countOrInf,
  }),
  "send-timeout": option({
    hint: "DURATION",
    default: "60s",
    description: "How long a client may take nothing of its answer before it is reset; 0: no limit",
    parse: duration,
  }),
  "send-total": option({
    hint: "DURATION",
    default: "10m",
    description: "How long a client may take to read its answer; 0: no limit",
    parse: duration,
  }),
  "send-buffer": option({
    hint: "SIZE",
    description: "What the kernel may hold for a client that reads slowly; by default that grows to some MB",
    parse: positiveSize,
  }),
  linger: option({
    hint: "DURATION",
    default: "2s",
    description: "How long a client may keep its side open after its answer; 0: no limit",
    parse: duration,
  }),
  "drain-timeout": option({
    hint: "DURATION",
    default: "10s",
    description:
      "After a signal to stop, how long clients may take to be served before they are reset; 0: none, inf: any time",
    parse: duration,
  }),
};

/** The options that the flags of a service stand for. */
export function listenOptions(given: Values<typeof listenArgs>) {
  return {
    listen: {
      address: { host: given.host, port: given.port },
      limits: {
        maxClients: given["max-clients"],
        maxClientsPerIp: given["max-clients-per-ip"],
        sendTimeout: given["send-timeout"],
        sendTotal: given["send-total"],
        sendBuffer: given["send-buffer"],
        linger: given.linger,
      },
    },
  };
}
