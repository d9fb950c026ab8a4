import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  AlreadyCalledError,
  CancelledError,
  Deferred,
  Failure,
  unhandledErrors,
} from "../../src/deferred/mod.ts";
import { Bad, type Behaviour, OracleDeferred } from "./oracle.ts";

/** How many Deferreds a program uses. */
const COUNT = 4;
const PROGRAMS = Number(process.env.PROGRAMS ?? 2000);

type Side = "value" | "failure" | "both";
type Op =
  | { op: "callback" | "errback"; d: number; value: number }
  | { op: "pause" | "unpause" | "cancel"; d: number }
  | { op: "chain"; d: number; to: number }
  | { op: "add"; d: number; side: Side; link: LinkPlan };
/** What a link does after it has recorded its argument. */
type LinkPlan =
  | { does: "answer"; value: number }
  | { does: "fail"; value: number }
  | { does: "wait"; for: number }
  | { does: "meddle"; with: Op };

/** Both kinds of Deferred behind one interface: failures are marked with "!". */
interface Subject {
  readonly called: boolean;
  readonly paused: number;
  readonly shown: string;
  callback(value: string): void;
  errback(reason: string): void;
  add(side: Side, link: (got: string) => Answer): void;
  chain(to: number): void;
  pause(): void;
  unpause(): void;
  cancel(): void;
}
type Answer = { value: string } | { failure: string } | { deferred: number };

class RealSubject implements Subject {
  readonly #d = new Deferred();
  constructor(readonly all: RealSubject[]) {}
  get called() {
    return this.#d.called;
  }
  get paused() {
    return this.#d.paused;
  }
  get shown() {
    return this.#show(this.#d.result);
  }
  callback(value: string) {
    this.#d.callback(value);
  }
  errback(reason: string) {
    this.#d.errback(reason);
  }
  add(side: Side, link: (got: string) => Answer) {
    const run = (result: unknown) => {
      const answer = link(this.#show(result));
      if ("failure" in answer) throw answer.failure;
      return "value" in answer ? answer.value : this.all[answer.deferred]!.#d;
    };
    if (side === "value") this.#d.addCallback(run);
    else if (side === "failure") this.#d.addErrback(run);
    else this.#d.addBoth(run);
  }
  chain(to: number) {
    this.#d.chainDeferred(this.all[to]!.#d);
  }
  pause() {
    this.#d.pause();
  }
  unpause() {
    this.#d.unpause();
  }
  cancel() {
    this.#d.cancel();
  }
  #show(result: unknown): string {
    if (result instanceof Deferred) return "waiting";
    if (!(result instanceof Failure)) return String(result);
    if (result.check(CancelledError)) return "!cancelled";
    if (result.check(AlreadyCalledError)) return "!already called";
    return result.check(TypeError) ? "!cycle" : `!${String(result.value)}`;
  }
}

class OracleSubject implements Subject {
  readonly #d = new OracleDeferred();
  constructor(readonly all: OracleSubject[]) {}
  get called() {
    return this.#d.called;
  }
  get paused() {
    return this.#d.pauses + (this.#d.waitsFor ? 1 : 0);
  }
  get shown() {
    return this.#d.waitsFor ? "waiting" : this.#show(this.#d.result);
  }
  callback(value: string) {
    this.#d.fire(value);
  }
  errback(reason: string) {
    this.#d.fire(new Bad(reason));
  }
  add(side: Side, link: (got: string) => Answer) {
    const run: Behaviour = (result) => {
      if (side !== "both" && (side === "failure") !== result instanceof Bad) return result;
      const answer = link(this.#show(result));
      if ("failure" in answer) return new Bad(answer.failure);
      return "value" in answer ? answer.value : this.all[answer.deferred]!.#d;
    };
    this.#d.add(run);
  }
  chain(to: number) {
    this.#d.chain(this.all[to]!.#d);
  }
  pause() {
    this.#d.pauses++;
  }
  unpause() {
    this.#d.unpause();
  }
  cancel() {
    this.#d.cancel();
  }
  #show(result: unknown): string {
    return result instanceof Bad ? `!${result.reason}` : String(result);
  }
}

/** Everything that is visible of a program from outside: what each link got, what was refused, how each step ends. */
function trace(program: readonly Op[], newSubject: (all: never[]) => Subject): string[] {
  const notes: string[] = [];
  const pauses = Array.from({ length: COUNT }, () => 0);
  const ds: Subject[] = [];
  for (let n = 0; n < COUNT; n++) ds.push(newSubject(ds as never[]));

  function perform(op: Op): void {
    const d = ds[op.d]!;
    switch (op.op) {
      case "callback":
        return d.callback(String(op.value));
      case "errback":
        return d.errback(String(op.value));
      case "chain":
        return d.chain(op.to);
      case "cancel":
        return d.cancel();
      case "pause":
        pauses[op.d]!++;
        return d.pause();
      case "unpause":
        if (pauses[op.d] === 0) return;
        pauses[op.d]!--;
        return d.unpause();
      case "add":
        return d.add(op.side, (got) => {
          notes.push(`${op.d} got ${got}`);
          return follow(op.link);
        });
    }
  }

  function follow(plan: LinkPlan): Answer {
    if (plan.does === "answer") return { value: String(plan.value) };
    if (plan.does === "fail") return { failure: String(plan.value) };
    if (plan.does === "wait") return { deferred: plan.for };
    attempt(plan.with);
    return { value: "meddled" };
  }

  function attempt(op: Op): void {
    try {
      perform(op);
    } catch {
      notes.push(`${op.op} ${op.d} refused`);
    }
  }

  for (const op of program) {
    attempt(op);
    notes.push(ds.map((d) => `${d.called} ${d.paused} ${d.shown}`).join("; "));
  }
  return notes;
}

const d = fc.nat({ max: COUNT - 1 });
const value = fc.nat({ max: 9 });
const simpleOp: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom("callback", "errback"), d, value }),
  fc.record({ op: fc.constantFrom("pause", "unpause", "cancel"), d }),
  fc.record({ op: fc.constant("chain"), d, to: d }),
);
const side = fc.constantFrom<Side>("value", "failure", "both");
const plainLink: fc.Arbitrary<LinkPlan> = fc.oneof(
  fc.record({ does: fc.constant("answer"), value }),
  fc.record({ does: fc.constant("fail"), value }),
  fc.record({ does: fc.constant("wait"), for: d }),
);
const addPlain: fc.Arbitrary<Op> = fc.record({ op: fc.constant("add"), d, side, link: plainLink });
const meddling = fc.record({ does: fc.constant("meddle"), with: fc.oneof(simpleOp, addPlain) });
const addAny: fc.Arbitrary<Op> = fc.record({
  op: fc.constant("add"),
  d,
  side,
  link: fc.oneof(plainLink, meddling),
});
const program = fc.array(fc.oneof(simpleOp, addAny), { maxLength: 30 });

test("Deferred 1-4 does what the oracle does, for any operations on four of them", () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  console.log(`SEED=${seed} repeats these programs`);
  fc.assert(
    fc.property(program, (ops) => {
      const real = trace(ops, (all) => new RealSubject(all));
      unhandledErrors();
      expect(real).toEqual(trace(ops, (all) => new OracleSubject(all)));
    }),
    { seed, numRuns: PROGRAMS },
  );
});
