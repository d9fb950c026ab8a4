import { group, setting } from "../setting.ts";
import { parseAddress, type Address } from "../../net/address.ts";
import { nonEmpty, oneOf } from "../units.ts";

const ACCESS = ["off", "errors", "all"] as const;
const SHOWN = ["full", "hash", "off"] as const;

/** What the process reports and logs, and who may watch and control it. */
export const watching = group("Watching", {
  metrics: setting({
    hint: "ADDRESS",
    key: "metrics.listen",
    page: "metrics",
    isPath: "unix:",
    parse: metricsAddress,
    help: "Serve metrics, readiness and a status page over HTTP on ADDRESS: PORT, HOST:PORT, [IPV6]:PORT or unix:PATH",
  }),
  control: setting({
    hint: "PATH",
    key: "control.socket",
    page: "control",
    isPath: true,
    parse: socketPath,
    help: "Accept commands of poetry ctl on a Unix socket at PATH; by default control.sock in systemd's RuntimeDirectory, if any",
  }),
  "control-group": setting({
    hint: "GROUP",
    key: "control.group",
    page: "control",
    parse: nonEmpty,
    help: "With --control, let the members of GROUP use the socket, too; by default only its owner may",
  }),
  "access-log": setting({
    hint: ACCESS.join("|"),
    default: "off",
    words: ACCESS,
    key: "log.access",
    page: "access-log",
    parse: oneOf(...ACCESS),
    help: "Which clients and fetches to log a line for: none, those that failed, or all",
  }),
  "log-requests": setting({
    hint: SHOWN.join("|"),
    default: "full",
    words: SHOWN,
    key: "log.requests",
    page: "access-log",
    parse: oneOf(...SHOWN),
    help: "How logs show requests: as text, as a hash that only tells which are equal, or not at all",
  }),
  "log-file": setting({
    hint: "FILE",
    key: "log.file",
    page: "access-log",
    isPath: true,
    parse: nonEmpty,
    help: "Append the log to FILE instead of standard error; SIGUSR1 reopens it",
  }),
});

/** The longest path of a Unix socket on Linux, and the longest suffix (a dot and the pid) that it has while it is made. */
const LONGEST_PATH = 107;
const ADDED = ".4194304".length;

/**
 * An address to listen on, or `unix:PATH`.
 *
 * @throws {SyntaxError} for anything else
 */
function metricsAddress(text: string): Address {
  if (!text.startsWith("unix:")) return parseAddress(text, 0);
  const path = text.slice("unix:".length);
  if (path === "") throw new SyntaxError("expected a path after unix:");
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw new SyntaxError(`expected a path of at most ${LONGEST_PATH} bytes`);
  return { path };
}

/** A path with room for the suffix of the temporary name. */
function socketPath(text: string): string {
  const path = nonEmpty(text);
  if (Buffer.byteLength(path) > LONGEST_PATH - ADDED)
    throw new SyntaxError(`expected a path of at most ${LONGEST_PATH - ADDED} bytes`);
  return path;
}
