import ms from "ms";
import { formatAddress } from "../net/address.ts";
import type { Events } from "./events.ts";
import type { LogLevel } from "./lines.ts";
import {
  about,
  aboutFetch,
  aboutRequest,
  clientCount,
  clientOf,
  dateOf,
  expiryOf,
  fetchFields,
  levelOfVisit,
  list,
  messageOf,
  NOT_KEPT,
  nothing,
  placeFields,
  placeOf,
  reasonOf,
  stackOf,
  textOfVisit,
  visitFields,
  WAITING,
} from "./wording.ts";

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
  piping: {
    level: "debug",
    text: (visit) => `Not cacheable, passing through: ${clientOf(visit)}.${about(visit)}`,
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
  certificateExpires: {
    level: "warn",
    text: ({ file, expires, days }) => `The certificate ${file} ${expiryOf(expires, days)}.`,
    fields: ({ file, expires, days }) => ({ file, expires: dateOf(expires), days }),
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
  waitingForFile: {
    level: "info",
    text: ({ file }) => `Waiting for the end of ${file}.`,
    fields: ({ file }) => ({ file }),
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
    text: (record) => `Fetching poem from server.${aboutRequest(record)}`,
    fields: fetchFields,
  },
  retrying: {
    level: "info",
    text: (record) =>
      `${record.error?.message}; trying again, attempt ${record.attempts + 1}.${aboutFetch(record)}`,
    fields: (record) => ({ ...fetchFields(record), attempt: record.attempts + 1 }),
  },
  connected: {
    level: "debug",
    text: (record) =>
      `Connected to ${placeOf(record)} in ${ms(Math.round(record.connectMs ?? 0))}.${aboutFetch(record)}`,
    fields: (record) => ({ ...fetchFields(record), connect_s: (record.connectMs ?? 0) / 1000 }),
  },
  fetched: {
    level: "info",
    text: (record) =>
      `Fetched ${record.bytes} bytes from ${placeOf(record)} in ${ms(Math.round(record.ms))}.${aboutRequest(record)}`,
    fields: (record) => ({ ...fetchFields(record), bytes: record.bytes, total_s: record.ms / 1000 }),
  },
  fetchFailed: {
    level: "warn",
    text: (record) => `${record.error?.message}${aboutFetch(record)}`,
    fields: (record) => ({
      ...fetchFields(record),
      reason: record.error?.reason,
      bytes: record.error?.received,
      total_s: record.ms / 1000,
    }),
  },
  held: {
    level: "warn",
    text: (held) => `Avoiding ${placeOf(held)} for ${ms(Math.round(held.ms))}: ${held.error.detail}.`,
    fields: (held) => ({ ...placeFields(held), held_s: held.ms / 1000, reason: held.error.reason }),
  },
  released: {
    level: "notice",
    text: (asked) => `${placeOf(asked)} answers again.`,
    fields: placeFields,
  },
  lookUpFailed: {
    level: "warn",
    text: ({ host, detail, addresses }) =>
      `Cannot resolve ${host}: ${detail}; going on with ${addresses.join(", ")}.`,
    fields: ({ host, addresses }) => ({ host, addresses }),
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
      `Shutting down on ${signal}: waiting ${timeout === Infinity ? "" : `up to ${ms(timeout)} `}for ${clientCount(clients)}.`,
    fields: ({ signal, clients }) => ({ signal, clients }),
  },
  stopping: {
    level: ({ reset }) => (reset > 0 ? "warn" : "notice"),
    text: ({ signal, served, reset }) => {
      if (reset > 0)
        return `Stopped on ${signal}: ${clientCount(reset)} could not be served in time and will be reset.`;
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
