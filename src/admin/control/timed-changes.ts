import type { DelayedCall } from "../../time/clock.ts";
import { HttpError, type HttpRequest } from "../request.ts";
import { json, type HttpResponse } from "../response.ts";
import { readBody } from "./body.ts";
import type { Controlled } from "./controlled.ts";
import { servicesIn } from "./entries.ts";

/** The levels that the log can be set to, with their numbers for `Log.level`. */
const LEVELS: Readonly<Record<string, number>> = { error: 0, warn: 1, info: 3, debug: 4 };

const TEN_MINUTES = 600_000;
const A_DAY = 86_400_000;

/** Commands whose effect ends by itself, so that nobody has to remember to undo them. */
export class TimedChanges {
  readonly #controlled: Controlled;
  /** The level to return to; undefined: it is not changed. */
  #levelBefore: number | undefined = undefined;
  #reverting: DelayedCall | undefined = undefined;

  constructor(controlled: Controlled) {
    this.#controlled = controlled;
  }

  /** Changes the level of the log for a while. */
  log(request: HttpRequest): HttpResponse {
    const { level = "", for_ms: ms } = readBody(request, { level: "string", for_ms: "number" });
    if (!Object.hasOwn(LEVELS, level))
      throw new HttpError(400, `Bad "level": expected ${Object.keys(LEVELS).join(", ")}`);
    const time = timeOf(ms);
    const { log, clock, report } = this.#controlled;
    this.#levelBefore ??= log.level;
    const before = this.#levelBefore;
    this.#reverting?.cancel();
    this.#reverting = clock.callLater(time, () => {
      log.level = before;
      this.#levelBefore = undefined;
      report("Log level reset.");
    });
    report(`Log level set to ${level} for ${time / 1000} s.`);
    log.level = LEVELS[level] as number;
    return json({ level, for_ms: time });
  }

  /** Holds an upstream down for a while. */
  hold(request: HttpRequest): HttpResponse {
    const {
      service,
      upstream = "",
      for_ms: ms,
    } = readBody(request, {
      service: "string",
      upstream: "string",
      for_ms: "number",
    });
    const time = timeOf(ms);
    const services = this.#change(service, upstream, (holds) => holds.hold(upstream, time));
    this.#controlled.report(`Holding ${upstream} down for ${time / 1000} s (${services.join(", ")}).`);
    return json({ upstream, services, for_ms: time });
  }

  /** Ends every hold of an upstream, whatever caused it. */
  release(request: HttpRequest): HttpResponse {
    const { service, upstream = "" } = readBody(request, { service: "string", upstream: "string" });
    const services = this.#change(service, upstream, (holds) => holds.release(upstream));
    this.#controlled.report(`Released ${upstream} (${services.join(", ")}).`);
    return json({ upstream, services });
  }

  /** @returns the names of the services that know the upstream */
  #change(service: string | undefined, upstream: string, change: (holds: Holding) => boolean): string[] {
    const asked = servicesIn(this.#controlled, service);
    const services = asked.filter(({ service: { holds } }) => holds && change(holds)).map(({ name }) => name);
    if (services.length > 0) return services;
    const known = [...new Set(asked.flatMap(({ service: { holds } }) => holds?.names ?? []))];
    const expected = known.length > 0 ? `: expected ${known.join(", ")}` : "";
    throw new HttpError(404, `No service has an upstream called ${upstream}${expected}`);
  }
}

type Holding = NonNullable<ReturnType<Controlled["services"]>[number]["service"]["holds"]>;

/** A duration in milliseconds, with its default and limit. @throws {HttpError} 400 */
function timeOf(ms = TEN_MINUTES): number {
  if (ms > 0 && ms <= A_DAY) return ms;
  throw new HttpError(400, `Bad "for_ms": expected more than 0, and at most ${A_DAY} (a day)`);
}
