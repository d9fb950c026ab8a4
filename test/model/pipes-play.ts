import * as fc from "fast-check";

export type Side = "client" | "upstream";

/** An action of one side; `waits`: the other side does nothing before it has seen it. */
export type Move = { readonly side: Side; readonly waits: boolean } & (
  { readonly does: "say"; readonly text: string } | { readonly does: "end" }
);

/** A conversation, and how it ends: both sides close, or one resets. */
export interface Dialogue {
  readonly moves: readonly Move[];
  readonly resets: Side | undefined;
}

const side = fc.constantFrom<Side>("client", "upstream");

/** Sometimes more than fits into a window, or bytes that look like an end or another request. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ minLength: 1, maxLength: 60, unit: "binary-ascii" }) },
  { weight: 2, arbitrary: fc.constantFrom("\n", "show info\n", "quit\r\n", "\0") },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1000, max: 150_000 }).map((length) => "0123456789".repeat(length / 10)),
  },
);

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ side, waits: fc.boolean(), does: fc.constant("say" as const), text }) },
  { weight: 1, arbitrary: fc.record({ side, waits: fc.boolean(), does: fc.constant("end" as const) }) },
);

export const dialogue: fc.Arbitrary<Dialogue> = fc.record({
  moves: fc.array(move, { maxLength: 12 }),
  resets: fc.option(side, { nil: undefined, freq: 3 }),
});
