// Exercise 2: a poem is kept for two hours. That needs no timer, because its age is checked on demand. The clock is a
// parameter, so hours pass as fast as the program likes.
import { Deferred, succeed } from "poetry-deferred";
import { ManualClock } from "poetry-deferred/testing";

const HOUR = 3_600_000;

class ProxyService {
  readonly #fetch: () => Deferred<string>;
  readonly #clock: { now(): number };
  #kept: { poem: string; until: number } | undefined = undefined;

  constructor(fetch: () => Deferred<string>, clock: { now(): number } = performance) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  getPoem(): Deferred<string> {
    if (this.#kept && this.#clock.now() < this.#kept.until) return succeed(this.#kept.poem);
    return this.#fetch().addCallback((poem) => {
      this.#kept = { poem, until: this.#clock.now() + 2 * HOUR };
      return poem;
    });
  }
}

let edition = 0;
const clock = new ManualClock();
const service = new ProxyService(() => succeed(`edition ${++edition}`), clock);

for (const hours of [0, 1.5, 0.4, 0.2]) {
  clock.advance(hours * HOUR);
  service.getPoem().addCallback((poem) => console.log(`After ${clock.now() / HOUR} hours: ${poem}`));
}
