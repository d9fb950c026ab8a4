import * as fc from "fast-check";
import type { Rate } from "../../src/time/rate.ts";
import type { Truth } from "./addresses.ts";

/** The requests of clients; an unterminated one is a request of its own. */
export const REQUESTS = ["a\r\n", "b\r\n", "a"] as const;

/** Marks in an answer. `!`: it must not be kept; `?`: it is a refusal; `?a`: one that repeats a request. */
export const MARKS = ["", "!", "?", "?a"] as const;

export type Mark = (typeof MARKS)[number];

/** The next event. Numbers pick one of the existing items. */
export type Event =
  | { readonly does: "ask"; readonly request: number; readonly clients: number }
  | { readonly does: "halfClose" | "stick" | "unstick" | "leave"; readonly client: number }
  | { readonly does: "accept" | "refuse" | "balk" | "fin" | "reset"; readonly dial: number }
  | { readonly does: "send"; readonly dial: number; readonly mark: Mark }
  | { readonly does: "advance"; readonly ms: number }
  | { readonly does: "rename"; readonly upstream: number; readonly truth: Truth }
  | { readonly does: "purge" | "turn" };

/** The options of a play; times in milliseconds. */
export interface Setting {
  readonly stream: boolean;
  readonly ttl: number;
  readonly grace: number;
  readonly staleIfError: number;
  readonly staleAfter: number;
  readonly refreshAhead: number;
  /** How many there are. */
  readonly upstreams: number;
  readonly choose: "first" | "spread";
  readonly retries: number;
  readonly maxFetches: number;
  readonly maxQueue: number;
  /** How long the addresses of names are used; absent: the upstreams are addresses. */
  readonly nameTtl: number | undefined;
  /** The rate of connections for fetches; absent: no limit. */
  readonly rate: Rate | undefined;
  /** The address to connect from; absent: any. */
  readonly source: string | undefined;
  /** How many answers there is room for. */
  readonly room: number;
}

/** One run of the model. */
export interface Play {
  readonly setting: Setting;
  readonly events: readonly Event[];
}

const pick = fc.nat(200);

/** More than are released, or fed, per turn of the event loop. */
const CROWD = 130;

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: one("ask", { request: fc.nat(REQUESTS.length - 1), clients: crowd() }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom("leave", "stick"), client: pick }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("unstick", "halfClose"), client: pick }) },
  { weight: 6, arbitrary: one("accept", { dial: pick }) },
  { weight: 6, arbitrary: one("send", { dial: pick, mark: mark() }) },
  { weight: 4, arbitrary: one("fin", { dial: pick }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("refuse", "reset"), dial: pick }) },
  { weight: 1, arbitrary: one("balk", { dial: pick }) },
  {
    weight: 6,
    arbitrary: one("advance", { ms: time() }),
  },
  { weight: 1, arbitrary: one("rename", { upstream: pick, truth: truth() }) },
  { weight: 1, arbitrary: fc.constant({ does: "purge" } as const) },
  { weight: 3, arbitrary: fc.constant({ does: "turn" } as const) },
);

/** Sequences of events that are rare by chance but create what others need: entries, holds. */
const scene: fc.Arbitrary<Event[]> = fc
  .record({ request: fc.nat(REQUESTS.length - 1), dial: pick, mark: mark(), isRefused: fc.boolean() })
  .map(({ request, dial, mark: made, isRefused }) => [
    { does: "ask", request, clients: 1 },
    ...(isRefused ? ([{ does: "refuse", dial }] as const) : []),
    { does: "accept", dial },
    { does: "send", dial, mark: made },
    { does: "fin", dial },
  ]);

const events: fc.Arbitrary<Event[]> = fc
  .array(fc.oneof({ weight: 8, arbitrary: event.map((each) => [each]) }, { weight: 1, arbitrary: scene }), {
    minLength: 1,
    maxLength: 60,
    size: "max",
  })
  .map((parts) => parts.flat());

const setting: fc.Arbitrary<Setting> = fc.record({
  stream: fc.boolean(),
  ttl: fc.constantFrom(100, 0, Infinity),
  grace: fc.constantFrom(0, 50),
  staleIfError: fc.constantFrom(0, 10_000),
  staleAfter: fc.constantFrom(Infinity, 40),
  refreshAhead: fc.constantFrom(0, 0.2),
  upstreams: fc.constantFrom(1, 2, 3),
  choose: fc.constantFrom("first", "spread"),
  retries: fc.constantFrom(0, 1, 2),
  maxFetches: fc.constantFrom(1, 2, 64),
  maxQueue: fc.constantFrom(0, 1, 1024),
  nameTtl: fc.constantFrom(undefined, undefined, 0, 300, Infinity),
  rate: fc.constantFrom<(Rate | undefined)[]>(
    undefined,
    undefined,
    { count: 1, span: 100 },
    { count: 2, span: 1000 },
    { count: 3, span: 50 },
  ),
  source: fc.constantFrom(undefined, "192.0.2.9"),
  room: fc.constantFrom(2, 1, 0),
});

export const play: fc.Arbitrary<Play> = fc.record({
  setting,
  events,
});

function one<D extends string, R extends object>(does: D, rest: { [K in keyof R]: fc.Arbitrary<R[K]> }) {
  return fc.record({ does: fc.constant(does), ...rest }) as unknown as fc.Arbitrary<{ does: D } & R>;
}

/** Any time, with a preference for moments at which something ends. */
function time(): fc.Arbitrary<number> {
  return fc.oneof(fc.nat(30), fc.nat(400), fc.nat(5000), fc.constantFrom(100, 150, 500, 1000, 2000));
}

function mark(): fc.Arbitrary<Mark> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant("") },
    { weight: 3, arbitrary: fc.constantFrom(...MARKS) },
  );
}

/** The hosts of a name, or a failing look-up. */
function truth(): fc.Arbitrary<Truth> {
  const hosts = fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 2 });
  return fc.oneof({ weight: 3, arbitrary: hosts }, { weight: 1, arbitrary: fc.constant("lost" as const) });
}

function crowd(): fc.Arbitrary<number> {
  return fc.oneof({ weight: 40, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(CROWD) });
}
