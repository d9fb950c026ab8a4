import ms from "ms";
import { formatAddress, type Address } from "../net/address.ts";
import { ENDINGS, type Ending } from "../net/ending.ts";
import type { Visit } from "../net/transport.ts";
import { printable } from "../protocols/printable.ts";
import type { FetchRecord } from "../services/fetch/record.ts";
import type { Events } from "./events.ts";
import type { LogLevel } from "./lines.ts";

/** How an event becomes a line. */
export interface Fact<A> {
  readonly level: LogLevel | ((about: A) => LogLevel);
  readonly text: (about: A) => string;
  /** What JSON lines add. */
  readonly fields: (about: A) => object;
}

/** Every event, in the words of the tutorial's programs where they had some. The only place with words for events. */
export const FACTS: { readonly [What in keyof Events]: Fact<Events[What]> } = {
  serving: {
    level: "notice",
    text: ({ poem, address }) => `Serving ${poem} on ${formatAddress(address)}.`,
    fields: ({ poem, address }) => ({ poem, address: formatAddress(address) }),
  },
  servingTitles: {
    level: "notice",
    text: ({ directory, address }) =>
      `Serving poems by title from ${directory} on ${formatAddress(address)}.`,
    fields: ({ directory, address }) => ({ directory, address: formatAddress(address) }),
  },
  proxying: {
    level: "notice",
    text: ({ upstreams, address }) => `Proxying ${list(upstreams)} on ${formatAddress(address)}.`,
    fields: ({ upstreams, address }) => ({ upstream: list(upstreams), address: formatAddress(address) }),
  },
  servingTransforms: {
    level: "notice",
    text: ({ count, address }) => `Serving ${count} transformations on ${formatAddress(address)}.`,
    fields: ({ count, address }) => ({ transformations: count, address: formatAddress(address) }),
  },
  proxyingTransforms: {
    level: "notice",
    text: ({ upstreams, address }) =>
      `Proxying transformations of ${list(upstreams)} on ${formatAddress(address)}.`,
    fields: ({ upstreams, address }) => ({ upstream: list(upstreams), address: formatAddress(address) }),
  },

  waiting: {
    level: "debug",
    text: (visit) => `${WAITING[visit.status ?? ""] ?? "Waiting"}: ${clientOf(visit)}.${about(visit)}`,
    fields: visitFields,
  },
  visited: {
    level: levelOfVisit,
    text: (visit) => `${textOfVisit(visit)}${about(visit)}`,
    fields: visitFields,
  },
  turnedAway: {
    level: "debug",
    text: (visit) => `Reset ${clientOf(visit)}: ${reasonOf(visit)}.`,
    fields: visitFields,
  },
  bug: {
    level: "error",
    text: (error) => `Bug in poetry, please report it: ${stackOf(error)}`,
    fields: nothing,
  },

  sending: {
    level: "info",
    text: ({ bytes, client }) => `Sending ${bytes} bytes of poetry to ${clientOf(client)}.`,
    fields: ({ bytes, client }) => ({ bytes, client: clientOf(client) }),
  },
  listing: {
    level: "info",
    text: ({ titles, client }) => `Sending ${titles} titles to ${clientOf(client)}.`,
    fields: ({ titles, client }) => ({ titles, client: clientOf(client) }),
  },
  unknownTitle: {
    level: "info",
    text: ({ title, client }) => `${clientOf(client)} asks for "${title}", which is not here.`,
    fields: ({ title, client }) => ({ title, client: clientOf(client) }),
  },
  libraryFailed: {
    level: "warn",
    text: ({ error }) => error.message,
    fields: ({ client }) => ({ client: clientOf(client) }),
  },
  skipped: {
    level: "warn",
    text: ({ file, reason }) => `Not serving ${file}: ${reason}.`,
    fields: ({ file }) => ({ file }),
  },

  transformed: {
    level: "info",
    text: (job) => `Transformed ${job.bytes} bytes by ${job.names.join(", ")} in ${ms(Math.round(job.ms))}.`,
    fields: (job) => ({ transformations: job.names, bytes: job.bytes, total_s: job.ms / 1000 }),
  },
  transformFailed: {
    level: "warn",
    text: ({ error }) => error.message,
    fields: ({ error, ms: spent }) => ({
      transformation: error.transformation,
      reason: error.reason,
      total_s: spent / 1000,
    }),
  },

  fetching: {
    level: "info",
    text: (record) => `Fetching poem from server.${aboutFetch(record)}`,
    fields: fetchFields,
  },
  retrying: {
    level: "info",
    text: (record) =>
      `Trying ${formatAddress(record.upstream)} again, attempt ${record.attempts + 1}.${aboutFetch(record)}`,
    fields: (record) => ({ ...fetchFields(record), attempt: record.attempts + 1 }),
  },
  connected: {
    level: "debug",
    text: (record) =>
      `Connected to ${formatAddress(record.upstream)} in ${ms(Math.round(record.connectMs ?? 0))}.${aboutFetch(record)}`,
    fields: (record) => ({ ...fetchFields(record), connect_s: (record.connectMs ?? 0) / 1000 }),
  },
  fetched: {
    level: "info",
    text: (record) =>
      `Fetched ${record.bytes} bytes from ${formatAddress(record.upstream)} in ${ms(Math.round(record.ms))}.${aboutFetch(record)}`,
    fields: (record) => ({ ...fetchFields(record), bytes: record.bytes, total_s: record.ms / 1000 }),
  },
  fetchFailed: {
    level: "warn",
    text: (record) => `${record.error?.message}.${aboutFetch(record)}`,
    fields: (record) => ({
      ...fetchFields(record),
      reason: record.error?.reason,
      bytes: record.error?.received,
      total_s: record.ms / 1000,
    }),
  },
  notKept: {
    level: "info",
    text: ({ fetch, why }) => `Not keeping the answer: ${NOT_KEPT[why]}. [fetch ${fetch}]`,
    fields: ({ fetch, bytes, why }) => ({ fetch, bytes, why_not: why }),
  },

  startFailed: { level: "error", text: messageOf, fields: nothing },
  draining: {
    level: "notice",
    text: ({ signal, clients, timeout }) =>
      `Shutting down on ${signal}: waiting ${timeout === Infinity ? "" : `up to ${ms(timeout)} `}for ${count(clients)}.`,
    fields: ({ signal, clients }) => ({ signal, clients }),
  },
  stopping: {
    level: ({ reset }) => (reset > 0 ? "warn" : "notice"),
    text: ({ signal, served, reset }) => {
      if (reset > 0)
        return `Stopped on ${signal}: ${count(reset)} could not be served in time and will be reset.`;
      return served > 0 ? `Stopped on ${signal}: every client was served.` : `Stopped on ${signal}.`;
    },
    fields: ({ signal, served, reset }) => ({ signal, served, reset }),
  },
  crashed: { level: "error", text: (error) => `Bug in poetry, stopping: ${stackOf(error)}`, fields: nothing },

  getFailed: { level: "error", text: messageOf, fields: nothing },
  notTransformed: {
    level: "warn",
    text: (error) => `${messageOf(error)}; printing the poem as it is`,
    fields: nothing,
  },
};

/** What the client of a look-up waits for. */
const WAITING: Readonly<Record<string, string>> = {
  miss: "Cache miss",
  coalesced: "Waiting for the fetch under way",
  pass: "Not cacheable, fetching for one client alone",
};

const NOT_KEPT: Readonly<Record<Events["notKept"]["why"], string>> = {
  ttl_zero: "its ttl is 0",
  no_store: "it matches --no-store",
  purged_meanwhile: "the cache was purged meanwhile",
  superseded: "a later fetch was faster",
  too_large: "it is larger than the cache",
};

/** How a visit reads: the tutorial's words for a hit, else what became of the client. */
function textOfVisit(visit: Visit): string {
  const { ending = "internal", status } = visit;
  if (ending === "ok" && status === "hit") return "Using cached poem.";
  if (ending === "ok" && status === "stale") return "Using stale cached poem.";
  if (LEFT.has(ending)) return `${capitalized(clientOf(visit))} left ${reasonOf(visit)}.`;
  if (!ENDINGS[ending].isError) return `Served ${clientOf(visit)}: ${visit.bytesOut} bytes${waitOf(visit)}.`;
  if (!visit.isReset) return `Closed ${clientOf(visit)} without an answer: ${reasonOf(visit)}.`;
  return `Reset ${clientOf(visit)}: ${reasonOf(visit)}.`;
}

/** Endings that are the client's own doing: nobody reset it. */
const LEFT: ReadonlySet<Ending> = new Set(["client/request/left", "client/wait/left", "client/data/reset"]);

/** Hits as the tutorial's proxy tells them; what a client did wrong; nothing else unless every client is wanted. */
function levelOfVisit({ status, ending = "internal" }: Visit): LogLevel {
  if (ending === "ok") return status === "hit" || status === "stale" ? "info" : "debug";
  return TOLD.has(ending) ? "info" : "debug";
}

/** Ends that an operator wants to know of, and that no other line tells. */
const TOLD: ReadonlySet<Ending> = new Set([
  "client/request/timeout",
  "client/request/incomplete",
  "client/request/too_long",
  "client/request/malformed",
  "client/request/not_allowed",
  "client/request/unknown",
  "client/data/timeout",
  "client/data/total",
  "client/linger/timeout",
  "client/linger/too_much",
  "proxy/request/draining",
]);

function reasonOf({ detail, ending = "internal" }: Visit): string {
  return detail ?? ENDINGS[ending].text;
}

function waitOf({ status, waitedMs }: Visit): string {
  const kind = status === undefined ? "" : `, ${status}`;
  return waitedMs === undefined ? kind : `${kind}, after ${ms(Math.round(waitedMs))}`;
}

/** The client's address, where anybody looked while it was there. */
function clientOf({ peer }: Visit): string {
  return peer.host === "unknown" ? "a client" : formatAddress(peer);
}

function visitFields(visit: Visit): object {
  const { peer, status, bytesOut, bytesIn, ending, waitedMs, fetch, request } = visit;
  return {
    ...(peer.host !== "unknown" && { client: formatAddress(peer) }),
    ...(status !== undefined && { cache: status }),
    ...(request && { request: shown(request) }),
    ...(fetch !== undefined && { fetch }),
    ...(waitedMs !== undefined && { wait_s: waitedMs / 1000 }),
    ...(ending !== undefined && { bytes_in: bytesIn, bytes_out: bytesOut, ending }),
  };
}

function fetchFields({ number, upstream, request, wish }: FetchRecord): object {
  return {
    fetch: number,
    upstream: formatAddress(upstream),
    cause: wish.cause,
    ...(request.bytes.length > 0 && { request: shown(request.bytes) }),
  };
}

/** Which request and which fetch a visit was about, behind its sentence. */
function about({ request, fetch, status }: Visit): string {
  const isWaiter = fetch !== undefined && status !== "hit" && status !== "stale"; // Hits are to read alike.
  const parts = [isWaiter && `fetch ${fetch}`, request && `"${shown(request)}"`].filter(Boolean);
  return parts.length > 0 ? ` [${parts.join(", ")}]` : "";
}

function aboutFetch({ number, request }: FetchRecord): string {
  return request.bytes.length > 0 ? ` [fetch ${number}, "${shown(request.bytes)}"]` : ` [fetch ${number}]`;
}

/** Bytes of a request that a line shows. */
const SHOWN = 100;

function shown(request: Uint8Array): string {
  return printable(request, SHOWN);
}

function list(addresses: readonly Address[]): string {
  return addresses.map(formatAddress).join(", ");
}

function count(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function nothing(): object {
  return {};
}
