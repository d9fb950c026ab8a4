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

/** Any value in a few words. Never throws and never runs code of the value's: it is called while an error is being made. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value, 40));
    case "object":
      if (value === null) return "null";
      if (value instanceof Failure) return shorten(String(value), 100);
      return Object.prototype.toString.call(value);
    case "function":
      return `function ${value.name}`;
    default:
      return String(value);
  }
}

/** The first line, or what of it is no longer than `length`. */
function shorten(text: string, length: number): string {
  const [line = ""] = text.split("\n", 1);
  return line === text && text.length <= length ? text : `${line.slice(0, length)}…`;
}
