import ms from "ms";
import { formatAddress } from "../net/address.ts";
import type { ProcessEvents } from "./events.ts";
import type { Fact } from "./fact.ts";
import {
  clientCount,
  messageOf,
  nothing,
  reloadFields,
  stackOf,
  textOfReload,
  textOfUnchanged,
  urlOf,
} from "./wording.ts";

/** The part of FACTS about the process as a whole. */
export const PROCESS_FACTS: { readonly [What in keyof ProcessEvents]: Fact<ProcessEvents[What]> } = {
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
  withoutLibc: {
    level: "notice",
    text: () =>
      "bun:ffi does not work here (on this system, or without a JIT). Missing without it: time limits on data that the kernel holds for slow clients, long accept queues, replacing stale socket files, reliable answers from Unix upstreams that hang up at once.",
    fields: nothing,
  },
  fewDescriptors: {
    level: "notice",
    text: ({ limit, clients }) =>
      `Only ${limit} files may be open (ulimit -n): at most ${clientCount(clients)} at a time.`,
    fields: ({ limit, clients }) => ({ limit, clients }),
  },
  managerUntold: { level: "warn", text: (error) => `${messageOf(error)}.`, fields: nothing },
  reloaded: { level: "notice", text: textOfReload, fields: reloadFields },
  upgrading: { level: "notice", text: ({ path }) => `Upgrading: starting ${path}.`, fields: nothing },
  upgraded: {
    level: "notice",
    text: ({ pid, version }) => `Upgraded: process ${pid} (poetry ${version}) has taken over.`,
    fields: ({ pid, version, ms: spent }) => ({ pid, version, total_s: spent / 1000 }),
  },
  upgradeFailed: { level: "error", text: ({ reason }) => `Not upgraded: ${reason}.`, fields: nothing },
  tookOver: {
    level: "notice",
    text: ({ pid }) => `Took over from process ${pid}.`,
    fields: ({ pid }) => ({ pid }),
  },
  startsEmpty: {
    level: "notice",
    text: ({ reason }) => `Starting with an empty cache: ${reason}.`,
    fields: nothing,
  },
  notReloaded: {
    level: "warn",
    text: textOfUnchanged,
    fields: ({ setting }) => ({ setting }),
  },
  reloadFailed: {
    level: "error",
    text: ({ reason }) => `Not reloaded: ${reason}`,
    fields: nothing,
  },
  storeFailing: {
    level: "warn",
    text: ({ store, error }) => `The store ${store} has failed and is bypassed: ${messageOf(error)}.`,
    fields: ({ store }) => ({ store }),
  },
  storeRestored: {
    level: "notice",
    text: ({ store }) => `The store ${store} works again.`,
    fields: ({ store }) => ({ store }),
  },
  metricsOpened: {
    level: "notice",
    text: ({ address }) => `Serving metrics on ${urlOf(address)}`,
    fields: ({ address }) => ({ address: formatAddress(address) }),
  },
  controlOpened: {
    level: "notice",
    text: ({ path }) => `Listening for poetry ctl on ${path}.`,
    fields: ({ path }) => ({ path }),
  },
  ordered: { level: "notice", text: ({ order }) => order, fields: nothing },
  logReopened: {
    level: "notice",
    text: ({ file }) => `Reopened ${file}.`,
    fields: ({ file }) => ({ file }),
  },
  logNotReopened: {
    level: "error",
    text: ({ error }) => messageOf(error),
    fields: ({ file }) => ({ file }),
  },
  crashed: { level: "error", text: (error) => `Bug in poetry, stopping: ${stackOf(error)}`, fields: nothing },
};
