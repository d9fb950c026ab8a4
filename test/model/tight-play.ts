import * as fc from "fast-check";

/** What a client does: it sends a short, long or unfinished request, or reads nothing. */
export type Kind = "short" | "long" | "unfinished" | "unread";

/** The next event. Numbers pick one of the existing items. */
export type TightEvent =
  | { readonly does: "ask"; readonly key: number; readonly kind: Kind }
  | { readonly does: "finishAsking" | "talk" | "stick" | "unstick" | "leave"; readonly client: number }
  | { readonly does: "accept" | "refuse" | "fin" | "reset"; readonly dial: number }
  | { readonly does: "send"; readonly dial: number; readonly bytes: number }
  | { readonly does: "advance"; readonly ms: number }
  | { readonly does: "turn" | "purge" };

const pick = fc.nat(200);

const event: fc.Arbitrary<TightEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant("ask" as const),
      key: fc.nat(9),
      kind: fc.constantFrom<Kind>("short", "long", "unfinished", "unread", "unread"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constantFrom("finishAsking", "talk", "stick", "unstick", "leave"),
      client: pick,
    }),
  },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("accept" as const), dial: pick }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("fin" as const), dial: pick }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("reset", "refuse"), dial: pick }) },
  {
    weight: 16,
    arbitrary: fc.record({ does: fc.constant("send" as const), dial: pick, bytes: fc.nat(1500) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("advance" as const), ms: fc.nat(300) }) },
  // As after a stall: beyond every time limit.
  { weight: 1, arbitrary: fc.record({ does: fc.constant("advance" as const), ms: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("turn", "purge") }) },
);

/** One run. */
export interface TightPlay {
  readonly stream: boolean;
  readonly events: readonly TightEvent[];
}

export const tightPlay: fc.Arbitrary<TightPlay> = fc.record({
  stream: fc.boolean(),
  events: fc.array(event, { minLength: 1, maxLength: 100, size: "max" }),
});
