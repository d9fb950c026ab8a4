import { Failure } from "./failure.ts";
import { IDLE, pausesOf, PHASE_NAMES, phaseOf, RUNNING } from "./phase.ts";

/** What is told of a chain. */
interface Described {
  readonly _state: number;
  readonly _result: unknown;
  readonly _links: readonly unknown[] | undefined;
  readonly _next: number;
  readonly _ran: number;
}

/** A chain in one line: `<Deferred idle, 3 links run, 1 to go, paused 2, result "orange">`. */
export function describe(chain: Described): string {
  const phase = phaseOf(chain);
  const pauses = pausesOf(chain);
  const run = chain._ran + chain._next;
  const left = (chain._links?.length ?? 0) - chain._next;
  let facts = `${PHASE_NAMES[phase]}, ${run} link${run === 1 ? "" : "s"} run`;
  if (left > 0) facts += `, ${left} to go`;
  if (pauses > 0) facts += `, paused ${pauses}`;
  if (phase === IDLE || phase === RUNNING) facts += `, result ${show(chain._result)}`;
  return `<Deferred ${facts}>`;
}

/** Any value in a few words. Never throws, because it is called while an error is being made. */
export function show(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(shorten(value, 40));
    if (typeof value === "function") return `function ${value.name}`;
    if (value instanceof Failure) return shorten(value.toString(), 100);
    return value === Object(value) ? Object.prototype.toString.call(value) : String(value);
  } catch {
    return typeof value; // Its class has no name, or throws when asked for it.
  }
}

/** The first line, cut after `length` characters. */
function shorten(text: string, length: number): string {
  const start = /.*/.exec(text)![0].slice(0, length);
  return start === text ? text : `${start}…`;
}
