import type { Observer } from "../services/observer.ts";
import type { Events } from "./events.ts";
import { FACTS, type Fact } from "./facts.ts";
import { LEVELS, type Log } from "./log.ts";

/** An observer that writes what it is told into a log. Its methods are made once: an event nobody wants costs nothing. */
export function observerOf(log: Log): Observer<Events> {
  const methods = Object.entries(FACTS).map(([what, fact]) => [
    what,
    methodFor(what, fact as Fact<unknown>, log),
  ]);
  return Object.fromEntries(methods) as Observer<Events>;
}

function methodFor(what: string, { level, text, fields }: Fact<unknown>, log: Log): (about: unknown) => void {
  const event = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const tell = (about: unknown, at: keyof typeof LEVELS) => {
    if (LEVELS[at] <= log.level) log[at](text(about), () => ({ event, ...fields(about) }));
  };
  if (typeof level === "string") return (about) => tell(about, level);
  return (about) => tell(about, level(about));
}
