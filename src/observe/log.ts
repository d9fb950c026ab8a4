import { createConsola, LogTypes, type ConsolaInstance, type LogType } from "consola/core";
import type { Clock } from "../time/clock.ts";
import { Fold, timesText } from "./fold.ts";
import { lineWriter, type LineStyle, type LogLevel } from "./lines.ts";

/** The destination of a log's lines. */
export interface LogStream {
  /** Writes one line, with its line end. */
  write(line: string): unknown;
}

/** How much to log, in which style, and where to. */
export interface LogOptions extends LineStyle {
  /** Only warnings, errors and notices. */
  readonly quiet: boolean;
  /** Also every client. */
  readonly verbose: boolean;
  readonly stream: LogStream;
  /** Times the second in which equal lines are folded; absent: lines are not folded. */
  readonly clock?: Clock | undefined;
}

/** Additional fields of JSON lines; a function is called only if they are needed. */
export type Fields = object | (() => object);

/** Writes a line, unless its level is disabled or it repeats one that was just written. */
type Say = (text: string, fields?: Fields) => void;

/** A log: one method for each level. */
export interface Log extends Readonly<Record<LogLevel, Say>> {
  /** A line is written if its level has at most this number in LEVELS. */
  level: number;
  /** The same log, for lines about one service: they begin with its name. */
  of(service: string): Log;
  /** Writes the pending counts of equal lines, before the process ends. */
  flush(): void;
}

/** consola's numbers for the levels. A line is dropped if its number is above `log.level`; a notice never is. */
export const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, notice: 0, warn: 1, info: 3, debug: 4 };

/** consola's names for the levels. */
const TYPES = { error: "error", notice: "start", warn: "warn", info: "info", debug: "debug" } as const;
const LEVEL_OF = new Map<LogType, LogLevel>(
  Object.entries(TYPES).map(([level, type]) => [type, level as LogLevel]),
);

/** The number of the least severe level that a log with these options writes. */
export function levelOf({ quiet, verbose }: Pick<LogOptions, "quiet" | "verbose">): number {
  return quiet ? LEVELS.warn : verbose ? LEVELS.debug : LEVELS.info;
}

/** Creates a log that writes one line for each call, except for folded ones. */
export function createLog({ quiet, verbose, stream, clock, ...style }: LogOptions): Log {
  const render = lineWriter(style);
  const consola = createConsola({
    level: levelOf({ quiet, verbose }),
    types: { ...LogTypes, [TYPES.notice]: { level: LEVELS.notice } },
    throttle: 0, // consola's own folding loses lines when the process ends.
    reporters: [
      {
        log({ type, date, args: [text, fields, service] }) {
          const level = LEVEL_OF.get(type) ?? "info";
          stream.write(render({ level, date, text, fields, service }));
        },
      },
    ],
  });
  return new ServiceLog(consola, { clock, wantsFields: style.format === "json" });
}

/** What the logs of all services share, and the name of one; absent: the log of the process. */
interface ServiceLogOptions {
  readonly clock: Clock | undefined;
  readonly wantsFields: boolean;
  readonly service?: string;
}

/** The log of the process, or of one service. Each folds its own lines, because their prefixes differ. */
class ServiceLog implements Log {
  readonly #consola: ConsolaInstance;
  readonly #options: ServiceLogOptions;
  readonly #fold: Fold | undefined;
  readonly #services = new Map<string, ServiceLog>();

  constructor(consola: ConsolaInstance, options: ServiceLogOptions) {
    this.#consola = consola;
    this.#options = options;
    if (!options.clock) return;
    this.#fold = new Fold(options.clock, (folded) => {
      const { level, fields, count } = folded;
      this.#write(level, timesText(folded), count > 1 ? { ...fields, count } : fields);
    });
  }

  get level(): number {
    return this.#consola.level;
  }

  set level(level: number) {
    this.#consola.level = level;
  }

  debug(text: string, fields?: Fields): void {
    this.#say("debug", text, fields);
  }

  info(text: string, fields?: Fields): void {
    this.#say("info", text, fields);
  }

  notice(text: string, fields?: Fields): void {
    this.#say("notice", text, fields);
  }

  warn(text: string, fields?: Fields): void {
    this.#say("warn", text, fields);
  }

  error(text: string, fields?: Fields): void {
    this.#say("error", text, fields);
  }

  of(service: string): Log {
    const known = this.#services.get(service);
    if (known) return known;
    const log = new ServiceLog(this.#consola, { ...this.#options, service });
    this.#services.set(service, log);
    return log;
  }

  flush(): void {
    this.#fold?.flush();
    for (const log of this.#services.values()) log.flush();
  }

  /** Does nothing expensive for a line that is not wanted: hits log a line each. */
  #say(level: LogLevel, text: string, given: Fields | undefined): void {
    if (LEVELS[level] > this.#consola.level) return;
    const fields = this.#options.wantsFields ? (typeof given === "function" ? given() : given) : undefined;
    if (this.#fold) {
      const key = fields ? `${text}\n${JSON.stringify(fields)}` : text;
      if (this.#fold.folds(level, key, text, fields)) return;
    }
    this.#write(level, text, fields);
  }

  #write(level: LogLevel, text: string, fields: object | undefined): void {
    this.#consola[TYPES[level]](text, fields, this.#options.service);
  }
}
