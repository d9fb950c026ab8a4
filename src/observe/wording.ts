/** Parts of the texts and fields of FACTS. */
import ms from "ms";
import { formatAddress, hasAddress, isUnix, type Address } from "../net/address.ts";
import { ENDINGS, type Ending } from "../net/ending.ts";
import type { Visit } from "../net/transport.ts";
import { timeOfDay } from "../time/time-of-day.ts";
import type { FetchRecord } from "../services/fetch/record.ts";
import type { Events } from "./events.ts";
import type { LogLevel } from "./lines.ts";
import { SHOWN, type Show } from "./requests-shown.ts";

/** What a client waits for, by the status of its lookup. */
export const WAITING: Readonly<Record<string, string>> = {
  miss: "Cache miss",
  coalesced: "Waiting for the fetch under way",
  pass: "Not cacheable, fetching for one client alone",
};

/** Why a good answer was not kept. */
export type NotKept = Events["notKept"]["why"];

/** The same, in words. */
export const NOT_KEPT: Readonly<Record<NotKept, string>> = {
  ttl_zero: "its TTL is 0",
  no_store: "it matches --no-store",
  purged_meanwhile: "the cache was purged meanwhile",
  superseded: "a later fetch was faster",
  too_large: "it is larger than the cache",
  no_room: "fetches and unread answers need the memory",
};

/** The sentence about a client that has left: the tutorial's words for a hit, otherwise what happened to it. */
export function textOfVisit(visit: Visit): string {
  const { ending = "internal", status } = visit;
  if (ending === "ok" && status === "hit") return "Using cached poem.";
  if (ending === "ok" && status === "stale") return "Using stale cached poem.";
  if (LEFT.has(ending)) return `${capitalized(clientOf(visit))} left ${reasonOf(visit)}.`;
  if (!ENDINGS[ending].isError) return `Served ${clientOf(visit)}: ${visit.bytesOut} bytes${waitOf(visit)}.`;
  if (!visit.isReset && visit.bytesOut > 0) return `Cut off ${clientOf(visit)}: ${reasonOf(visit)}.`;
  if (!visit.isReset) return `Closed ${clientOf(visit)} without an answer: ${reasonOf(visit)}.`;
  return `Reset ${clientOf(visit)}: ${reasonOf(visit)}.`;
}

/** Endings that clients caused themselves, by leaving. */
const LEFT: ReadonlySet<Ending> = new Set(["client/request/left", "client/wait/left", "client/data/reset"]);

/**
 * The level of the line about a client: hits and clients' mistakes are logged by default, others only with `--verbose`.
 */
export function levelOfVisit({ status, ending = "internal" }: Visit): LogLevel {
  if (ending === "ok") return status === "hit" || status === "stale" ? "info" : "debug";
  return REPORTED.has(ending) ? "info" : "debug";
}

/** Endings that an operator wants to know about, and that no other line reports. */
const REPORTED: ReadonlySet<Ending> = new Set([
  "client/tls/timeout",
  "client/tls/failed",
  "client/tls/certificate",
  "client/tls/broken",
  "client/header/timeout",
  "client/header/too_long",
  "client/header/malformed",
  "client/header/incomplete",
  "client/header/unexpected",
  "client/request/timeout",
  "client/request/incomplete",
  "client/request/too_long",
  "client/request/malformed",
  "client/request/not_allowed",
  "client/request/http",
  "client/request/unknown",
  "client/data/timeout",
  "client/data/memory",
  "client/data/total",
  "client/linger/timeout",
  "client/linger/too_much",
  "proxy/request/draining",
  "proxy/request/memory",
]);

/** Why a connection ended, as half a sentence. */
export function reasonOf({ detail, ending = "internal" }: Visit): string {
  return detail ?? ENDINGS[ending].text;
}

function waitOf({ status, waitedMs }: Visit): string {
  const kind = status === undefined ? "" : `, ${status}`;
  return waitedMs === undefined ? kind : `${kind}, after ${ms(Math.round(waitedMs))}`;
}

/** The client's address, if it is known: looking it up costs a system call, so it is not always done. */
export function clientOf({ peer }: Visit): string {
  return hasAddress(peer) ? formatAddress(peer) : "a client";
}

/** The JSON fields of lines about a client. */
export function visitFields(visit: Visit, show: Show): object {
  const { peer, status, bytesOut, bytesIn, ending, waitedMs, fetch, request } = visit;
  return {
    ...(hasAddress(peer) && { client: formatAddress(peer) }),
    ...(status !== undefined && { cache: status }),
    ...requestField(request, show),
    ...(fetch !== undefined && { fetch }),
    ...(waitedMs !== undefined && { wait_s: waitedMs / 1000 }),
    ...(ending !== undefined && { bytes_in: bytesIn, bytes_out: bytesOut, ending }),
  };
}

/** An upstream as it was configured and, if that is a name, which of its addresses was used. */
interface Place {
  readonly upstream: Address;
  readonly address: Address | undefined;
}

/** `db.example:9200 (10.0.0.7)`; without the address, if the upstream is one. */
export function placeOf({ upstream, address = upstream }: Place): string {
  const name = formatAddress(upstream);
  return formatAddress(address) === name || isUnix(address) ? name : `${name} (${address.host})`;
}

/** The same as JSON fields. */
export function placeFields({ upstream, address = upstream }: Place): object {
  const [name, asked] = [formatAddress(upstream), formatAddress(address)];
  return { upstream: name, ...(asked !== name && { address: asked }) };
}

/** The JSON fields of lines about a fetch. */
export function fetchFields({ number, upstream, address, request, wish }: FetchRecord, show: Show): object {
  return {
    fetch: number,
    ...placeFields({ upstream, address }),
    cause: wish.cause,
    ...(request.bytes.length > 0 && requestField(request.label ?? request.bytes, show)),
  };
}

/** What is appended to the sentence about a client: the fetch that it waited for, and its request. */
export function about({ request, fetch, status }: Visit, show: Show): string {
  const isWaiter = fetch !== undefined && status !== "hit" && status !== "stale"; // Lines about hits must be equal to fold.
  const parts = [isWaiter && `fetch ${fetch}`, request && quoted(request, show)].filter(Boolean);
  return parts.length > 0 ? ` [${parts.join(", ")}]` : "";
}

/** What is appended to the tutorial's sentences about a fetch: nothing if there is only one possible request. */
export function aboutRequest(record: FetchRecord, show: Show): string {
  return record.request.bytes.length > 0 ? aboutFetch(record, show) : "";
}

/** What is appended to other sentences about a fetch: its number and request. */
export function aboutFetch({ number, request }: FetchRecord, show: Show): string {
  const asked = request.bytes.length > 0 ? quoted(request.label ?? request.bytes, show) : "";
  return asked === "" ? ` [fetch ${number}]` : ` [fetch ${number}, ${asked}]`;
}

/** The request in quotes; "" if it must not be shown. */
function quoted(request: Uint8Array, show: Show): string {
  const shown = show(request, SHOWN);
  return shown === "" && request.length > 0 ? "" : `"${shown}"`;
}

function requestField(request: Uint8Array | undefined, show: Show): object {
  const shown = request && show(request, SHOWN);
  return shown === undefined || (shown === "" && request?.length) ? {} : { request: shown };
}

/** Addresses, separated by commas. */
export function list(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(", ");
}

/** The URL of an HTTP server on `address`; for a Unix socket, its path. */
export function urlOf(address: Address): string {
  return isUnix(address) ? formatAddress(address) : `http://${formatAddress(address)}/`;
}

/** `1 client`, `2 clients`. */
export function clientCount(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}

/** "expires in 13 days, on 2027-02-24", "expired on 2021-01-01" */
export function expiryOf(expires: number, days: number): string {
  const date = dateOf(expires);
  if (days < 0) return `expired on ${date}`;
  return days === 0
    ? `expires within a day, on ${date}`
    : `expires in ${days} ${days === 1 ? "day" : "days"}, on ${date}`;
}

/** The date of a moment (milliseconds since 1970), in UTC. */
export function dateOf(moment: number): string {
  return timeOfDay(moment).toISOString().slice(0, 10);
}

/** The sentence about a successful reload; `poetry ctl reload` prints it, too. */
export function textOfReload({ services, added, removed, changed }: Events["reloaded"]): string {
  const all = services === 1 ? "1 service" : `${services} services`;
  return `Reloaded: ${all}, ${added} added, ${removed} removed, ${changed} changed.`;
}

/** The sentence about a setting that a reload cannot change. */
export function textOfUnchanged({ setting }: Events["notReloaded"]): string {
  return `${setting} has changed; this takes effect at the next start.`;
}

export function reloadFields({ ms: spent, ...counts }: Events["reloaded"]): object {
  return { ...counts, total_s: spent / 1000 };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The message of an error, or whatever was thrown as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The same with the stack, for bugs. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** For events without additional fields. */
export function nothing(): object {
  return {};
}
