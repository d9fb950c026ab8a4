import ms from "ms";
import { formatAddress } from "../net/address.ts";
import type { Events } from "./events.ts";
import type { Fact } from "./fact.ts";
import { PROCESS_FACTS } from "./process-facts.ts";
import { SHOWN } from "./requests-shown.ts";
import {
  about,
  aboutFetch,
  aboutRequest,
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

/**
 * Every event, in the words of the Twisted tutorial's programs where they had some. This table, with process-facts.ts
 * and wording.ts, is the only place with words for events; an event without a row is a compile error.
 */
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
  emptyMeansTwo: {
    level: "warn",
    text: ({ address }) =>
      `On ${formatAddress(address)} clients cannot tell an empty answer (--empty ok) from a failure: a Unix socket has no reset.`,
    fields: ({ address }) => ({ address: formatAddress(address) }),
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
    text: (visit, show) =>
      `${WAITING[visit.status ?? ""] ?? "Waiting"}: ${clientOf(visit)}.${about(visit, show)}`,
    fields: visitFields,
  },
  piping: {
    level: "debug",
    text: (visit, show) => `Not cacheable, passing through: ${clientOf(visit)}.${about(visit, show)}`,
    fields: visitFields,
  },
  visited: {
    level: levelOfVisit,
    text: (visit, show) => `${textOfVisit(visit)}${about(visit, show)}`,
    fields: visitFields,
    count: (tally, visit) => tally.visited(visit),
    access: (log, visit) => log.visited(visit),
  },
  turnedAway: {
    level: "info",
    text: (visit) => `Turned a client away: ${reasonOf(visit)}.`,
    fields: ({ ending }) => ({ ending }),
    verbose: {
      text: (visit) => `Turned ${clientOf(visit)} away: ${reasonOf(visit)}.`,
      fields: visitFields,
    },
    count: (tally, visit) => tally.turnedAway(visit),
    access: (log, visit) => log.visited(visit),
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
    count: (tally) => tally.bugs++,
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
    text: ({ title, client }, show) =>
      `Unknown title "${show(Buffer.from(title), SHOWN)}", requested by ${clientOf(client)}.`,
    fields: ({ title, client }, show) => ({
      title: show(Buffer.from(title), SHOWN),
      client: clientOf(client),
    }),
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
    text: (record, show) => `Fetching poem from server.${aboutRequest(record, show)}`,
    fields: fetchFields,
  },
  retrying: {
    level: "info",
    text: (record, show) =>
      `${record.error?.message}; trying again, attempt ${record.attempts + 1}.${aboutFetch(record, show)}`,
    fields: (record, show) => ({ ...fetchFields(record, show), attempt: record.attempts + 1 }),
  },
  connected: {
    level: "debug",
    text: (record, show) =>
      `Connected to ${placeOf(record)} in ${ms(Math.round(record.connectMs ?? 0))}.${aboutFetch(record, show)}`,
    fields: (record, show) => ({ ...fetchFields(record, show), connect_s: (record.connectMs ?? 0) / 1000 }),
  },
  fetched: {
    level: "info",
    text: (record, show) =>
      `Fetched ${record.bytes} bytes from ${placeOf(record)} in ${ms(Math.round(record.ms))}.${aboutRequest(record, show)}`,
    fields: (record, show) => ({
      ...fetchFields(record, show),
      bytes: record.bytes,
      total_s: record.ms / 1000,
    }),
    count: (tally, record) => tally.fetched(record),
    access: (log, record) => log.fetched(record),
  },
  fetchFailed: {
    level: "warn",
    text: (record, show) => `${record.error?.message}${aboutFetch(record, show)}`,
    fields: (record, show) => ({
      ...fetchFields(record, show),
      reason: record.error?.reason,
      bytes: record.error?.received,
      total_s: record.ms / 1000,
    }),
    count: (tally, record) => tally.fetchFailed(record),
    access: (log, record) => log.fetchFailed(record),
  },
  landed: { level: "unlogged", access: (log, landing) => log.landed(landing) },
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
    text: ({ fetch, why }) =>
      `Not keeping the answer: ${NOT_KEPT[why]}.${fetch === undefined ? "" : ` [fetch ${fetch}]`}`,
    fields: ({ fetch, bytes, why }) => ({ fetch, bytes, why_not: why }),
    count: (tally, { why }) => tally.notStored[why]++,
  },

  ...PROCESS_FACTS,

  getFailed: { level: "error", text: messageOf, fields: nothing },
  notTransformed: {
    level: "warn",
    text: (error) => `${messageOf(error)}; printing the poem unchanged`,
    fields: nothing,
  },
};
