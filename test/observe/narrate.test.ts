import { describe, expect, test } from "bun:test";
import type { Address } from "../../src/net/address.ts";
import { createLog, type LogOptions } from "../../src/observe/log.ts";
import { narrate } from "../../src/observe/narrate.ts";
import type { Client, ServiceEvent } from "../../src/services/service.ts";
import { LibraryError } from "../../src/services/poems/poem-library.ts";
import { TransformError } from "../../src/services/transform/transformation.ts";
import { FetchError } from "../../src/services/fetch/trip.ts";
import { LogLines } from "../support/log-lines.ts";

const address: Address = { host: "127.0.0.1", port: 10000 };
const upstream: Address = { host: "::1", port: 10001 };
const client: Client = { peer: { host: "10.0.0.7", port: 50123 } };
const unreadable = new LibraryError("poetry/ecstasy.txt", Object.assign(new Error("no"), { code: "EACCES" }));
const error = new FetchError(upstream, "reset", 12, "connection reset (ECONNRESET) after 12 bytes");

interface Row {
  event: ServiceEvent;
  /** Without "warn: " or "error: ". */
  line: string;
  level: "debug" | "info" | "warn" | "error";
  fields: object;
}

const EVENTS: { readonly [W in ServiceEvent["what"]]: Row } = {
  serving: {
    event: { what: "serving", poem: "poetry/ecstasy.txt", address },
    line: "Serving poetry/ecstasy.txt on 127.0.0.1:10000.",
    level: "info",
    fields: { poem: "poetry/ecstasy.txt", address: "127.0.0.1:10000" },
  },
  "serving-titles": {
    event: { what: "serving-titles", directory: "poetry", address },
    line: "Serving poems by title from poetry on 127.0.0.1:10000.",
    level: "info",
    fields: { directory: "poetry", address: "127.0.0.1:10000" },
  },
  proxying: {
    event: { what: "proxying", upstream, address },
    line: "Proxying [::1]:10001 on 127.0.0.1:10000.",
    level: "info",
    fields: { upstream: "[::1]:10001", address: "127.0.0.1:10000" },
  },
  "serving-transforms": {
    event: { what: "serving-transforms", count: 6, address },
    line: "Serving 6 transformations on 127.0.0.1:10000.",
    level: "info",
    fields: { transformations: 6, address: "127.0.0.1:10000" },
  },
  "proxying-transforms": {
    event: { what: "proxying-transforms", upstream, address },
    line: "Proxying transformations of [::1]:10001 on 127.0.0.1:10000.",
    level: "info",
    fields: { upstream: "[::1]:10001", address: "127.0.0.1:10000" },
  },
  transformed: {
    event: { what: "transformed", names: ["shout", "rot13"], bytes: 3003, ms: 1.6 },
    line: "Transformed 3003 bytes by shout, rot13 in 2ms.",
    level: "info",
    fields: { transformations: ["shout", "rot13"], bytes: 3003, total_s: 0.0016 },
  },
  "transform-failed": {
    event: { what: "transform-failed", error: new TransformError("upper", "exit", "exit code 1"), ms: 250 },
    line: "Cannot transform by upper: exit code 1",
    level: "warn",
    fields: { transformation: "upper", reason: "exit", total_s: 0.25 },
  },
  declined: {
    event: { what: "declined", why: { reason: "unknown", detail: 'it knows no "x"' }, client },
    line: 'Ended 10.0.0.7:50123 without an answer: it knows no "x".',
    level: "info",
    fields: { reason: "unknown", client: "10.0.0.7:50123" },
  },
  fetching: {
    event: { what: "fetching", upstream },
    line: "Fetching poem from server.",
    level: "info",
    fields: { upstream: "[::1]:10001" },
  },
  retrying: {
    event: { what: "retrying", upstream, attempt: 2 },
    line: "Trying [::1]:10001 again, attempt 2.",
    level: "info",
    fields: { upstream: "[::1]:10001", attempt: 2 },
  },
  connected: {
    event: { what: "connected", upstream, ms: 12.4 },
    line: "Connected to [::1]:10001 in 12ms.",
    level: "debug",
    fields: { upstream: "[::1]:10001", connect_s: 0.0124 },
  },
  fetched: {
    event: { what: "fetched", upstream, bytes: 3003, ms: 2000.4 },
    line: "Fetched 3003 bytes from [::1]:10001 in 2s.",
    level: "info",
    fields: { upstream: "[::1]:10001", bytes: 3003, total_s: 2.0004 },
  },
  "fetch-failed": {
    event: { what: "fetch-failed", upstream, error, ms: 250 },
    line: "Cannot fetch from [::1]:10001: connection reset (ECONNRESET) after 12 bytes",
    level: "warn",
    fields: { upstream: "[::1]:10001", reason: "reset", bytes: 12, total_s: 0.25 },
  },
  hit: {
    event: { what: "hit", client },
    line: "Using cached poem.",
    level: "info",
    fields: { client: "10.0.0.7:50123" },
  },
  stale: {
    event: { what: "stale", client },
    line: "Using cached poem, which is stale.",
    level: "info",
    fields: { client: "10.0.0.7:50123" },
  },
  miss: {
    event: { what: "miss", client },
    line: "10.0.0.7:50123 asks for a poem that is not here.",
    level: "debug",
    fields: { client: "10.0.0.7:50123" },
  },
  coalesced: {
    event: { what: "coalesced", client },
    line: "10.0.0.7:50123 waits for the fetch under way.",
    level: "debug",
    fields: { client: "10.0.0.7:50123" },
  },
  pass: {
    event: { what: "pass", client },
    line: "10.0.0.7:50123 asks for what is not to be cached.",
    level: "debug",
    fields: { client: "10.0.0.7:50123" },
  },
  "bad-request": {
    event: { what: "bad-request", why: { reason: "too_long", detail: "longer than 4096 bytes" }, client },
    line: "Reset 10.0.0.7:50123: no good request, longer than 4096 bytes.",
    level: "info",
    fields: { reason: "too_long", client: "10.0.0.7:50123" },
  },
  "turned-away": {
    event: { what: "turned-away", reason: "limit", client },
    line: "Reset 10.0.0.7:50123: too many clients.",
    level: "debug",
    fields: { reason: "limit", client: "10.0.0.7:50123" },
  },
  sending: {
    event: { what: "sending", bytes: 3003, client },
    line: "Sending 3003 bytes of poetry to 10.0.0.7:50123.",
    level: "info",
    fields: { bytes: 3003, client: "10.0.0.7:50123" },
  },
  listing: {
    event: { what: "listing", titles: 5, client },
    line: "Sending 5 titles to 10.0.0.7:50123.",
    level: "info",
    fields: { titles: 5, client: "10.0.0.7:50123" },
  },
  "unknown-title": {
    event: { what: "unknown-title", title: "daffodils", client },
    line: '10.0.0.7:50123 asks for "daffodils", which is not here.',
    level: "info",
    fields: { title: "daffodils", client: "10.0.0.7:50123" },
  },
  "library-failed": {
    event: { what: "library-failed", error: unreadable, client },
    line: "Cannot read poetry/ecstasy.txt: permission denied (EACCES)",
    level: "warn",
    fields: { client: "10.0.0.7:50123" },
  },
  skipped: {
    event: { what: "skipped", file: "ecstasy.txt", reason: "its title is that of Ecstasy.txt" },
    line: "Not serving ecstasy.txt: its title is that of Ecstasy.txt.",
    level: "warn",
    fields: { file: "ecstasy.txt" },
  },
  refused: {
    event: { what: "refused", client },
    line: "Reset 10.0.0.7:50123: there is no poem for it.",
    level: "debug",
    fields: { client: "10.0.0.7:50123" },
  },
  left: {
    event: { what: "left", client },
    line: "10.0.0.7:50123 left before the poem was here.",
    level: "debug",
    fields: { client: "10.0.0.7:50123" },
  },
  bug: {
    event: { what: "bug", error: "something thrown" },
    line: "Bug in poetry, please report it: something thrown",
    level: "error",
    fields: {},
  },
};

const ROWS = Object.values(EVENTS).map((row): [string, Row] => [row.event.what, row]);

function record(options: Partial<LogOptions> = {}) {
  const stream = new LogLines();
  const log = createLog({ format: "text", quiet: false, verbose: true, stream, ...options });
  return { observe: narrate(log), lines: stream.lines };
}

describe("narrate()", () => {
  test.each(ROWS)("has a line for %s", (_what, { event, line, level }) => {
    const { observe, lines } = record();
    observe(event);
    const mark = level === "warn" || level === "error" ? `${level}: ` : "";
    expect(lines).toEqual([`${mark}${line}\n`]);
  });

  test.each(ROWS)("has fields for %s", (what, { event, line, level, fields }) => {
    const { observe, lines } = record({ format: "json" });
    observe(event);
    expect(lines.map((each) => JSON.parse(each) as unknown)).toEqual([
      { ts: expect.any(String), level, msg: line, event: what, ...fields },
    ]);
  });

  test.each(ROWS)("shows %s at its level only", (_what, { event, level }) => {
    const shown = (options: Partial<LogOptions>) => {
      const { observe, lines } = record(options);
      observe(event);
      return lines.length === 1;
    };
    expect(shown({ verbose: true })).toBeTrue();
    expect(shown({ verbose: false })).toBe(level !== "debug");
    expect(shown({ verbose: false, quiet: true })).toBe(level === "warn" || level === "error");
  });

  test("tells where a bug is, in one line", () => {
    const { observe, lines } = record();
    observe({ what: "bug", error: new TypeError("x is undefined") });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toStartWith("error: Bug in poetry, please report it: TypeError: x is undefined\\x0a");
    expect(lines[0]).toContain("narrate.test.ts");
    expect(lines[0]?.indexOf("\n")).toBe((lines[0]?.length ?? 0) - 1);
  });

  test("lets no poem's name forge a line", () => {
    const { observe, lines } = record();
    observe({ what: "serving", poem: "a\nerror: b", address });
    expect(lines).toEqual(["Serving a\\x0aerror: b on 127.0.0.1:10000.\n"]);
  });

  test.each(["hit", "miss", "coalesced", "sending", "refused", "stale", "left"] as const)(
    "does not look up the client of a %s that is not logged",
    (what) => {
      const { observe, lines } = record({ quiet: true, verbose: false });
      let lookUps = 0;
      const shy = {
        get peer() {
          lookUps++;
          return client.peer;
        },
      };
      observe({ ...EVENTS[what].event, client: shy } as ServiceEvent);
      expect(lookUps).toBe(0);
      expect(lines).toEqual([]);
    },
  );
});
