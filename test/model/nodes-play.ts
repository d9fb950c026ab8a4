import * as fc from "fast-check";
import type { Weather } from "./model-link.ts";

/** The requests of clients. */
export const QUESTIONS = ["a\r\n", "b\r\n"] as const;

/** How many nodes share the server. */
export const NODES = 2;

/** The next event. Numbers pick one of the existing items. */
export type NodesEvent =
  | { readonly does: "ask"; readonly node: number; readonly question: number }
  | { readonly does: "leave"; readonly client: number }
  | { readonly does: "answer" | "break"; readonly dial: number; readonly isKept: boolean }
  | { readonly does: "advance"; readonly ms: number }
  | { readonly does: "purge"; readonly node: number; readonly question: number | "all" }
  | { readonly does: "weather"; readonly weather: Weather }
  | { readonly does: "restart" }
  | { readonly does: "stop" | "go"; readonly node: number };

/** Events that cause trouble: without them there is one fetch at a time, over all nodes. */
export const TROUBLES: ReadonlySet<NodesEvent["does"]> = new Set(["weather", "restart", "stop"]);

export interface NodesSetting {
  readonly ttl: number;
  readonly grace: number;
  readonly staleIfError: number;
  readonly hasTroubles: boolean;
}

export interface NodesPlay {
  readonly setting: NodesSetting;
  readonly events: readonly NodesEvent[];
}

const node = fc.nat(NODES - 1);
const pick = fc.nat(100);
const question = fc.nat(QUESTIONS.length - 1);

const event: fc.Arbitrary<NodesEvent> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ does: fc.constant("ask" as const), node, question }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("leave" as const), client: pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constantFrom("answer" as const, "answer" as const, "break" as const),
      dial: pick,
      isKept: isKept(),
    }),
  },
  { weight: 10, arbitrary: fc.record({ does: fc.constant("advance" as const), ms: time() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("purge" as const),
      node,
      question: fc.oneof(question, fc.constant("all" as const)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("weather" as const),
      weather: fc.constantFrom<Weather[]>("fine", "fine", "slow", "down", "silent"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: "restart" } as const) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("stop" as const, "go" as const), node }) },
);

const setting: fc.Arbitrary<NodesSetting> = fc.record({
  ttl: fc.constantFrom(300, 0, Infinity),
  grace: fc.constantFrom(0, 100),
  staleIfError: fc.constantFrom(0, 3000),
  hasTroubles: fc.boolean(),
});

export const nodesPlay: fc.Arbitrary<NodesPlay> = fc.record({
  setting,
  events: fc.array(event, { minLength: 1, maxLength: 50, size: "max" }),
});

function time(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.nat(30),
    fc.nat(400),
    fc.nat(2500),
    fc.constantFrom(25, 100, 300, 1000, 1200, 5000, 6000),
  );
}

function isKept(): fc.Arbitrary<boolean> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
}
