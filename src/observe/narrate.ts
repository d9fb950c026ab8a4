import ms from "ms";
import { formatAddress } from "../net/address.ts";
import type { Client, Observer, ServiceEvent } from "../services/service.ts";
import type { Log } from "./log.ts";

type What = ServiceEvent["what"];
type EventOf<W extends What> = Extract<ServiceEvent, { what: W }> & { what: W };

/** How an event becomes a line: its level, the text, and the fields that JSON lines add. */
interface Line<E> {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: (event: E) => string;
  readonly fields: (event: E) => object;
}

const clientOf = (event: { client: Client }) => ({ client: formatAddress(event.client.peer) });

/** Every event, in the words of the tutorial's programs where they had some. */
const LINES: { readonly [W in What]: Line<EventOf<W>> } = {
  serving: {
    level: "info",
    text: ({ poem, address }) => `Serving ${poem} on ${formatAddress(address)}.`,
    fields: ({ poem, address }) => ({ poem, address: formatAddress(address) }),
  },
  "serving-titles": {
    level: "info",
    text: ({ directory, address }) =>
      `Serving poems by title from ${directory} on ${formatAddress(address)}.`,
    fields: ({ directory, address }) => ({ directory, address: formatAddress(address) }),
  },
  proxying: {
    level: "info",
    text: ({ upstream, address }) => `Proxying ${formatAddress(upstream)} on ${formatAddress(address)}.`,
    fields: ({ upstream, address }) => ({
      upstream: formatAddress(upstream),
      address: formatAddress(address),
    }),
  },
  "serving-transforms": {
    level: "info",
    text: ({ count, address }) => `Serving ${count} transformations on ${formatAddress(address)}.`,
    fields: ({ count, address }) => ({ transformations: count, address: formatAddress(address) }),
  },
  "proxying-transforms": {
    level: "info",
    text: ({ upstream, address }) =>
      `Proxying transformations of ${formatAddress(upstream)} on ${formatAddress(address)}.`,
    fields: ({ upstream, address }) => ({
      upstream: formatAddress(upstream),
      address: formatAddress(address),
    }),
  },
  hit: { level: "info", text: () => "Using cached poem.", fields: clientOf },
  stale: { level: "info", text: () => "Using cached poem, which is stale.", fields: clientOf },
  miss: {
    level: "debug",
    text: (event) => `${clientOf(event).client} asks for a poem that is not here.`,
    fields: clientOf,
  },
  coalesced: {
    level: "debug",
    text: (event) => `${clientOf(event).client} waits for the fetch under way.`,
    fields: clientOf,
  },
  pass: {
    level: "debug",
    text: (event) => `${clientOf(event).client} asks for what is not to be cached.`,
    fields: clientOf,
  },
  "bad-request": {
    level: "info",
    text: (event) => `Reset ${clientOf(event).client}: no good request, ${event.why.detail}.`,
    fields: (event) => ({ reason: event.why.reason, ...clientOf(event) }),
  },
  "turned-away": {
    level: "debug",
    text: (event) =>
      `Reset ${clientOf(event).client}: too many clients${event.reason === "per_ip" ? " from its address" : ""}.`,
    fields: (event) => ({ reason: event.reason, ...clientOf(event) }),
  },
  sending: {
    level: "info",
    text: (event) => `Sending ${event.bytes} bytes of poetry to ${clientOf(event).client}.`,
    fields: (event) => ({ bytes: event.bytes, ...clientOf(event) }),
  },
  listing: {
    level: "info",
    text: (event) => `Sending ${event.titles} titles to ${clientOf(event).client}.`,
    fields: (event) => ({ titles: event.titles, ...clientOf(event) }),
  },
  "unknown-title": {
    level: "info",
    text: (event) => `${clientOf(event).client} asks for "${event.title}", which is not here.`,
    fields: (event) => ({ title: event.title, ...clientOf(event) }),
  },
  "library-failed": {
    level: "warn",
    text: ({ error }) => error.message,
    fields: clientOf,
  },
  skipped: {
    level: "warn",
    text: ({ file, reason }) => `Not serving ${file}: ${reason}.`,
    fields: ({ file }) => ({ file }),
  },
  transformed: {
    level: "info",
    text: (event) =>
      `Transformed ${event.bytes} bytes by ${event.names.join(", ")} in ${ms(Math.round(event.ms))}.`,
    fields: (event) => ({ transformations: event.names, bytes: event.bytes, total_s: event.ms / 1000 }),
  },
  "transform-failed": {
    level: "warn",
    text: ({ error }) => error.message,
    fields: ({ error, ms: spent }) => ({
      transformation: error.transformation,
      reason: error.reason,
      total_s: spent / 1000,
    }),
  },
  declined: {
    level: "info",
    text: (event) => `Ended ${clientOf(event).client} without an answer: ${event.why.detail}.`,
    fields: (event) => ({ reason: event.why.reason, ...clientOf(event) }),
  },
  fetching: {
    level: "info",
    text: () => "Fetching poem from server.",
    fields: ({ upstream }) => ({ upstream: formatAddress(upstream) }),
  },
  retrying: {
    level: "info",
    text: (event) => `Trying ${formatAddress(event.upstream)} again, attempt ${event.attempt}.`,
    fields: (event) => ({ upstream: formatAddress(event.upstream), attempt: event.attempt }),
  },
  connected: {
    level: "debug",
    text: (event) => `Connected to ${formatAddress(event.upstream)} in ${ms(Math.round(event.ms))}.`,
    fields: (event) => ({ upstream: formatAddress(event.upstream), connect_s: event.ms / 1000 }),
  },
  fetched: {
    level: "info",
    text: (event) =>
      `Fetched ${event.bytes} bytes from ${formatAddress(event.upstream)} in ${ms(Math.round(event.ms))}.`,
    fields: (event) => ({
      upstream: formatAddress(event.upstream),
      bytes: event.bytes,
      total_s: event.ms / 1000,
    }),
  },
  "fetch-failed": {
    level: "warn",
    text: ({ error }) => error.message,
    fields: ({ upstream, error, ms: spent }) => ({
      upstream: formatAddress(upstream),
      reason: error.reason,
      bytes: error.received,
      total_s: spent / 1000,
    }),
  },
  refused: {
    level: "debug",
    text: (event) => `Reset ${clientOf(event).client}: there is no poem for it.`,
    fields: clientOf,
  },
  left: {
    level: "debug",
    text: (event) => `${clientOf(event).client} left before the poem was here.`,
    fields: clientOf,
  },
  bug: {
    level: "error",
    text: ({ error }) =>
      `Bug in poetry, please report it: ${error instanceof Error ? error.stack : String(error)}`,
    fields: () => ({}),
  },
};

/** Writes what services report into a log. */
export function narrate(log: Log): Observer {
  return <W extends What>(event: EventOf<W>) => {
    const line: Line<EventOf<W>> = LINES[event.what];
    if (log.level < LEVELS[line.level]) return; // A hit that is not logged must cost nothing.
    log[line.level](line.text(event), { event: event.what, ...line.fields(event) });
  };
}

/** consola's numbers for its levels. */
const LEVELS = { error: 0, warn: 1, info: 3, debug: 4 } as const;
