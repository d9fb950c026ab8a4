import { Failure } from "./failure.ts";
import { IDLE, PHASE_NAMES, RUNNING, type Phase } from "./phase.ts";

/** A chain in one line: `<Deferred idle, 3 links run, 1 to go, paused 2, result "orange">`. */
export function describe(phase: Phase, run: number, left: number, pauses: number, result: unknown): string {
  const facts = [`${PHASE_NAMES[phase]}, ${run} ${run === 1 ? "link" : "links"} run`];
  if (left > 0) facts.push(`${left} to go`);
  if (pauses > 0) facts.push(`paused ${pauses}`);
  if (phase === IDLE || phase === RUNNING) facts.push(`result ${show(result)}`);
  return `<Deferred ${facts.join(", ")}>`;
}

/** Any value in a few words. Never throws, because it is called while an error is being made. */
export function show(value: unknown): string {
  try {
    if (typeof value === "string") return JSON.stringify(shorten(value, 40));
    if (typeof value === "function") return `function ${value.name}`;
    if (value instanceof Failure) return shorten(value.toString(), 100);
    return typeof value === "object" && value !== null
      ? Object.prototype.toString.call(value)
      : String(value);
  } catch {
    return typeof value; // Its class has no name, or throws when asked for it.
  }
}

/** The first line, cut after `length` characters. */
function shorten(text: string, length: number): string {
  const [line = ""] = text.split("\n", 1);
  return line === text && text.length <= length ? text : `${line.slice(0, length)}…`;
}
