import type { Observer } from "../services/observer.ts";
import type { AccessLog } from "./access-log.ts";
import type { Events } from "./events.ts";
import type { Fact, Words } from "./fact.ts";
import { FACTS } from "./facts.ts";
import { LEVELS, type Log } from "./log.ts";
import type { Tally } from "./numbers/tally.ts";
import { showText, type Show } from "./requests-shown.ts";

/** What receives events besides the log. */
export interface Others {
  readonly tally?: Tally | undefined;
  readonly access?: AccessLog | undefined;
  /** How requests are shown; default: as text. */
  readonly show?: Show | undefined;
}

type Method = (about: unknown) => void;

/** An observer that logs and counts events. Its methods are composed once, so that unwanted events cost nothing. */
export function observerOf(log: Log, others: Others = {}): Observer<Events> {
  const methods = Object.entries(FACTS).map(([what, fact]) => [
    what,
    methodFor(what, fact as Fact<unknown>, log, others),
  ]);
  return Object.fromEntries(methods) as Observer<Events>;
}

/** Counts first, then the access log, then the log: each only if somebody wants it. */
function methodFor(what: string, fact: Fact<unknown>, log: Log, { tally, access, show }: Others): Method {
  const logged = fact.level === "unlogged" ? () => {} : logging(what, fact, log, show);
  const noted = access && fact.access ? noting(access, fact.access, logged) : logged;
  return tally && fact.count ? counting(tally, fact.count, noted) : noted;
}

/** A method that writes a line of the log. */
function logging(what: string, words: Words<unknown>, log: Log, show: Show = showText): Method {
  const { level, verbose = words } = words;
  const event = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const write = (about: unknown, at: keyof typeof LEVELS) => {
    if (LEVELS[at] > log.level) return;
    const { text, fields } = log.level >= LEVELS.debug ? verbose : words;
    log[at](text(about, show), () => ({ event, ...fields(about, show) }));
  };
  if (typeof level === "string") return (about) => write(about, level);
  return (about) => write(about, level(about));
}

/** A method that writes a line of the access log, or one of the log if there is none there. */
function noting(access: AccessLog, note: NonNullable<Fact<unknown>["access"]>, logged: Method): Method {
  return (about) => {
    if (!note(access, about)) logged(about);
  };
}

/** A method that counts the event, and then calls `then`. */
function counting(tally: Tally, count: NonNullable<Fact<unknown>["count"]>, then: Method): Method {
  return (about) => {
    count(tally, about);
    then(about);
  };
}
