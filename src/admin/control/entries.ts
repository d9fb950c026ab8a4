import { MOST_LISTED, type EntryFigures, type Order } from "../../cache/listing.ts";
import type { Purged } from "../../cache/purge.ts";
import { Deferred, FirstError, gatherResults, succeed } from "../../deferred/mod.ts";
import type { TextTest } from "../../protocols/pattern.ts";
import { HalfPurgedError, type KeptAnswers } from "../../services/kept-answers.ts";
import type { Clock } from "../../time/clock.ts";
import { inTurns } from "../../time/in-turns.ts";
import { HttpError, type HttpRequest } from "../request.ts";
import { json, type HttpResponse } from "../response.ts";
import { readBody, readQuery } from "./body.ts";
import type { Controlled, Named } from "./controlled.ts";
import { isTerminatedKey, shownKey, typedKey } from "./key-text.ts";

/** An entry of a cache as `ctl ls` and `ctl show` get it. */
export interface EntryView {
  readonly service: string;
  readonly key: string;
  readonly bytes: number;
  readonly age_s: number;
  /** Seconds until its TTL ends; negative: since then; null: never. */
  readonly ttl_left_s: number | null;
  readonly hits: number;
  readonly state: "fresh" | "grace" | "reserve" | "expired";
  /** How long its key is still held down after failed fetches, in seconds; absent: it is not. */
  readonly held_s?: number;
  /** The number of the fetch that it came from. */
  readonly fetch: number;
  /** False for a request that ended with the client's side instead of a terminator; otherwise absent. */
  readonly terminated?: false;
}

/** The result of a purge: totals, and the same by service. */
export interface PurgeView extends Purged {
  readonly services: Readonly<Record<string, Purged>>;
}

/** An entry of a service. */
interface Listed {
  readonly name: string;
  readonly entry: EntryFigures;
}

/** A service with a cache. */
interface Keeping {
  readonly name: string;
  readonly kept: KeptAnswers;
}

const SORTS: readonly Order[] = ["bytes", "hits", "age"];
/** How many entries are listed by default, and at most. */
const USUAL = 50;
const LINES_A_TURN = 256;

/** The largest, most requested or oldest entries of all services, as one JSON object per line. */
export function listEntries(controlled: Controlled, request: HttpRequest): Deferred<HttpResponse> {
  const { service, match, sort = "bytes", n } = readQuery(request, "service", "match", "sort", "n");
  const order = SORTS.find((each) => each === sort);
  if (!order) throw new HttpError(400, `Bad "sort": expected ${SORTS.join(", ")}`);
  const limit = n === undefined ? USUAL : Number(n);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_LISTED)
    throw new HttpError(400, `Bad "n": expected a number from 1 to ${MOST_LISTED}`);
  const keeping = keepingIn(controlled, service);
  return patternOf(controlled, match)
    .addCallback((test) =>
      gatherResults(
        keeping.map(({ name, kept }) =>
          kept
            .list({ order, limit, matches: test && keyTest(test) })
            .addCallback((entries) => entries.map((each) => ({ name, entry: each }))),
        ),
      ),
    )
    .addCallback((lists) => {
      const entries = lists.flat().toSorted((a, b) => b.entry[order] - a.entry[order]);
      return linesOf(entries.slice(0, limit), controlled.clock);
    });
}

/** Some lines in each turn of the event loop, because ten thousand take a while. */
function linesOf(entries: readonly Listed[], clock: Clock): Deferred<HttpResponse> {
  const done = new Deferred<HttpResponse>();
  let body = "";
  inTurns(
    clock,
    entries.values(),
    ({ name, entry }) => (body += `${JSON.stringify(viewOf(name, entry))}\n`),
    () => done.callback({ type: "application/x-ndjson", body }),
    LINES_A_TURN,
  );
  return done;
}

/** The entries of one key: with and without terminator, in every service. */
export function showEntry(controlled: Controlled, request: HttpRequest): HttpResponse {
  const { service, key } = readQuery(request, "service", "key");
  if (key === undefined) throw new HttpError(400, 'Missing "key"');
  const typed = bytesOf(key);
  const views = keepingIn(controlled, service).flatMap(({ name, kept }) =>
    kept.describeAsked(typed).map((entry) => viewOf(name, entry)),
  );
  return json(views);
}

/** Purges one key, all keys that match, or everything. Fires when the answers are gone. */
export function purgeEntries(controlled: Controlled, request: HttpRequest): Deferred<HttpResponse> {
  const said = readBody(request, {
    service: "string",
    key: "string",
    match: "string",
    all: "boolean",
    soft: "boolean",
  });
  const { service, key, match, all = false, soft: isSoft = false } = said;
  if ([key !== undefined, match !== undefined, all].filter(Boolean).length !== 1)
    throw new HttpError(400, 'Expected one of "key", "match" and "all"');
  const keeping = keepingIn(controlled, service);
  const typed = key === undefined ? undefined : bytesOf(key);
  return patternOf(controlled, match)
    .addCallback((test) =>
      gatherResults(
        keeping.map(({ kept }) => purgeOne(kept, typed, test, { isSoft })),
        { consumeErrors: true },
      ),
    )
    .addCallback((purged) => {
      const view = sumOf(keeping, purged);
      const what =
        key === undefined ? (match === undefined ? "all answers" : `what matches ${match}`) : `"${key}"`;
      const where = service === undefined ? "" : ` of ${service}`;
      controlled.report(
        `Purged ${what}${where}${isSoft ? " softly" : ""}: ${view.entries} ${view.entries === 1 ? "entry" : "entries"}.`,
      );
      return json(view);
    })
    .addErrback((failure) => {
      const error = causeOf(failure.value);
      if (!(error instanceof HalfPurgedError)) return failure;
      controlled.report(`${error.message}.`);
      throw new HttpError(503, error.message);
    });
}

/** The innermost cause of a gathered failure. */
function causeOf(error: unknown): unknown {
  return error instanceof FirstError ? causeOf(error.cause) : error;
}

function purgeOne(
  kept: KeptAnswers,
  typed: Uint8Array | undefined,
  test: TextTest | undefined,
  options: { readonly isSoft: boolean },
): Deferred<Purged> {
  if (typed) return kept.purgeAsked(typed, options);
  return test ? kept.purgeMatching(keyTest(test), options) : kept.purge(options);
}

function sumOf(keeping: readonly Keeping[], purged: readonly Purged[]): PurgeView {
  return {
    entries: purged.reduce((sum, { entries }) => sum + entries, 0),
    flights: purged.reduce((sum, { flights }) => sum + flights, 0),
    services: Object.fromEntries(keeping.map(({ name }, index) => [name, purged[index] as Purged])),
  };
}

function bytesOf(key: string): Uint8Array {
  try {
    return typedKey(key);
  } catch (error) {
    throw new HttpError(400, `Bad "key": ${(error as Error).message}`);
  }
}

/** Patterns see requests without their terminator. */
function keyTest(test: TextTest): (key: string) => boolean {
  return (key) => test.test(isTerminatedKey(key) ? key : key.slice(0, -1));
}

/** The compiled pattern of a request; undefined if it has none. Fails with HttpError 400. */
function patternOf({ pattern }: Controlled, text: string | undefined): Deferred<TextTest | undefined> {
  if (text === undefined) return succeed(undefined);
  return pattern(text).addErrback((failure) => {
    failure.trap(SyntaxError);
    throw new HttpError(400, `Bad "match": ${failure.getErrorMessage()}`);
  });
}

/** The services with a cache, or the one with this name. @throws {HttpError} if there is none */
function keepingIn(controlled: Controlled, wanted: string | undefined): Keeping[] {
  const services = servicesIn(controlled, wanted);
  const keeping = services.flatMap(({ name, service: { kept } }) => (kept ? [{ name, kept }] : []));
  if (keeping.length > 0) return keeping;
  throw new HttpError(409, wanted === undefined ? "No service here has a cache" : `${wanted} has no cache`);
}

/** All services, or the one with this name. @throws {HttpError} 404 if there is none */
export function servicesIn({ services }: Controlled, wanted: string | undefined): readonly Named[] {
  const all = services();
  if (wanted === undefined) return all;
  const found = all.filter(({ name }) => name === wanted);
  if (found.length > 0) return found;
  throw new HttpError(
    404,
    `No service is called ${wanted}: expected ${all.map(({ name }) => name).join(", ")}`,
  );
}

function viewOf(service: string, entry: EntryFigures): EntryView {
  return {
    service,
    key: shownKey(entry.key),
    bytes: entry.bytes,
    age_s: seconds(entry.age),
    ttl_left_s: entry.left === Infinity ? null : seconds(entry.left),
    hits: entry.hits,
    state: entry.freshness,
    ...(entry.heldFor !== undefined && { held_s: seconds(entry.heldFor) }),
    fetch: entry.number,
    ...(!isTerminatedKey(entry.key) && { terminated: false as const }),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
