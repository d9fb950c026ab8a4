import { controlGuard, controlRoutes } from "../../src/admin/control/routes.ts";
import type { Controlled, Named } from "../../src/admin/control/controlled.ts";
import { fail, fromPromise, succeed } from "../../src/deferred/mod.ts";
import { createLog } from "../../src/observe/log.ts";
import { loadPatterns, Pattern } from "../../src/protocols/pattern.ts";
import { HttpStage } from "./http-stage.ts";
import { LogLines } from "./log-lines.ts";
import { LoopClock } from "./loop-clock.ts";
import { watched, watchingOf } from "./watching.ts";

/** A control server for some services. */
export class ControlStage implements AsyncDisposable {
  readonly clock = new LoopClock();
  readonly lines = new LogLines();
  readonly log = createLog({ format: "text", quiet: false, verbose: false, stream: this.lines });
  /** Orders that were reported as done. */
  readonly told: string[] = [];
  drains = 0;
  readonly http: HttpStage;

  constructor(services: readonly Named[], rest: Partial<Controlled> = {}) {
    const controlled: Controlled = {
      clock: this.clock,
      watching: watchingOf(
        this.clock,
        services.map(({ name }) => watched(name)),
      ),
      lookAtStores: () => succeed<void>(undefined),
      services: () => services,
      log: this.log,
      pattern: (text) => fromPromise(loadPatterns()).addCallback(() => new Pattern(text)),
      report: (done) => this.told.push(done),
      drain: () => this.drains++,
      upgrade: () => fail(new Error("there is nothing to start")),
      ...rest,
    };
    this.http = new HttpStage({
      clock: this.clock,
      routes: controlRoutes(controlled),
      guard: controlGuard,
    });
  }

  get(path: string) {
    return this.http.get(path);
  }

  /** Sends an order; a body that is a string is sent unchanged. */
  async post(path: string, body: object | string = {}) {
    const content = typeof body === "string" ? body : JSON.stringify(body);
    const text = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
    const { bytes } = await this.http.client(text).visit;
    const [head = "", said = ""] = bytes.toString().split("\r\n\r\n");
    return { status: Number(head.slice(9, 12)), body: said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.http[Symbol.asyncDispose]();
  }
}
