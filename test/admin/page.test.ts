import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { hostGuard } from "../../src/admin/hosts.ts";
import { html } from "../../src/admin/page/html.ts";
import { HttpServer } from "../../src/admin/server.ts";
import { watchRoutes } from "../../src/admin/watch/routes.ts";
import { History } from "../../src/observe/numbers/history.ts";
import { plotsOf } from "../../src/observe/numbers/plots.ts";
import { Tally } from "../../src/observe/numbers/tally.ts";
import type { Vitals } from "../../src/observe/numbers/watched.ts";
import { systemClock } from "../../src/time/clock.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { Browser, hasBrowser } from "../support/browser.ts";
import { recordOf, visitOf } from "../support/observed.ts";
import { portOf } from "../support/port-of.ts";
import { PROXYING, UPSTREAM, VITALS, watched, watchingOf } from "../support/watching.ts";

setDefaultTimeout(60_000);

const HOSTILE = '<img src=x onerror="document.title=1">';
const BUSY = "drawn.length === 4 && drawn[0].chart.data[1].some((value) => value > 0)";

/** The production listener of a process whose one service serves a client now and then. */
class PageStage implements Disposable {
  readonly tally = new Tally();
  readonly history: History;
  #server: HttpServer | undefined = undefined;
  #port = 0;
  vitals: Vitals = VITALS;

  constructor(name = "main", upstream = UPSTREAM) {
    this.tally.fetched(recordOf(upstream, { startedAt: 0, ms: 250 }));
    const services = [watched(name, this.tally, { ...PROXYING, upstreams: [{ address: upstream }] })];
    this.history = new History(() => services, systemClock);
    this.#services = services;
    this.start();
  }

  readonly #services;

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  serve(): void {
    this.tally.visited(visitOf({ ending: "ok", status: "hit" }));
  }

  nextMoment(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.history.onMoment(() => {
      stop();
      resolve();
    });
    return promise;
  }

  start(): void {
    const address = { host: "127.0.0.1", port: this.#port };
    const sight = () => ({ services: this.#services, stores: [], vitals: this.vitals });
    this.#server = new HttpServer({
      address,
      clock: systemClock,
      routes: watchRoutes({ clock: systemClock, history: this.history, sight }),
      guard: hostGuard(address),
      maxClients: 16,
      failed: (error) => {
        throw error;
      },
    });
    this.#port = portOf(this.#server.address);
  }

  stop(): void {
    this.#server?.abort();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.history.stop();
  }
}

afterAll(() => {
  if (hasBrowser) Bun.WebView.closeAll();
});

describe.if(hasBrowser)("the status page", () => {
  test("shows and draws everything, and stays up to date", async () => {
    using stage = new PageStage();
    stage.serve();
    using page = await Browser.open(stage.url);
    await page.until("document.querySelectorAll('canvas').length === 4");
    expect(await page.text()).toMatch(/Serving\s+poetry 1\.2\.3/);
    expect(await page.text()).toContain("1 in total");
    stage.serve();
    await page.until("document.body.innerText.includes('2 in total')");
    await stage.nextMoment(); // Plots show what happens between two moments.
    stage.serve();
    await page.until(BUSY);
    const painted = `(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value > 0);
    })()`;
    expect(await page.evaluate<boolean>(painted)).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test("loads nothing from elsewhere", async () => {
    using stage = new PageStage();
    using page = await Browser.open(stage.url);
    await page.until("document.querySelectorAll('canvas').length === 4");
    const asked = await page.evaluate<string[]>(
      "performance.getEntriesByType('resource').map(({ name }) => name)",
    );
    expect(asked.length).toBeGreaterThan(3);
    for (const url of asked) expect(url).toStartWith(stage.url);
  });

  test("escapes hostile names", async () => {
    using stage = new PageStage(HOSTILE, { host: HOSTILE, port: 43 });
    using page = await Browser.open(stage.url);
    await page.until("document.querySelectorAll('canvas').length === 4");
    expect(await page.text()).toContain(`${HOSTILE}:43`);
    expect(
      await page.evaluate<[number, string, string]>(
        "[document.images.length, document.title, document.getElementById('service').value]",
      ),
    ).toEqual([0, "poetry", HOSTILE]);
  });

  test("survives a restart", async () => {
    using stage = new PageStage();
    using page = await Browser.open(stage.url);
    await page.until("document.querySelectorAll('canvas').length === 4");
    stage.stop();
    await page.until("!document.getElementById('lost').hidden");
    stage.vitals = { ...VITALS, version: "1.2.4" };
    stage.start();
    await page.until("document.getElementById('lost').hidden");
    expect(await page.text()).toContain("poetry 1.2.4");
  });

  test("is a table without JavaScript, which reloads by itself", async () => {
    using stage = new PageStage();
    stage.serve();
    using page = await Browser.open(stage.url, { runsScripts: false });
    const { root } = await page.cdp<{ root: { nodeId: number } }>("DOM.getDocument");
    const { outerHTML } = await page.cdp<{ outerHTML: string }>("DOM.getOuterHTML", root);
    expect(outerHTML).toContain("1 in total");
    expect(outerHTML).toContain('<noscript><meta http-equiv="refresh" content="10"></noscript>');
  });

  test("fits into 360 pixels", async () => {
    using stage = new PageStage("a service with a rather long name of its own", {
      host: `${"long.".repeat(12)}example`,
      port: 43,
    });
    stage.serve();
    using page = await Browser.open(stage.url, { width: 360 });
    await page.until("document.querySelectorAll('canvas').length === 4");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
  });
});

describe("plotsOf()", () => {
  test("has a point every 5 seconds, with rates, and nothing before the first look", () => {
    const clock = new ManualClock();
    const tally = new Tally();
    const { history } = watchingOf(clock, [watched("main", tally)]);
    clock.advance(1000);
    for (let i = 0; i < 20; i++) {
      tally.visited(visitOf({ ending: "ok", status: i % 4 === 0 ? "miss" : "hit" }));
      tally.fetched(recordOf(UPSTREAM, { startedAt: 0, ms: 100 }));
      clock.advance(500);
    }
    tally.visited(visitOf({ ending: "upstream/data/reset", status: "miss" }));
    clock.advance(1000);
    const plots = plotsOf("main", history);
    expect(plots.times).toHaveLength(179);
    expect((plots.times[178] as number) - (plots.times[177] as number)).toBe(5);
    expect(plots.served.hit.slice(-3)).toEqual([null, 1.6, 1.2]);
    expect(plots.failed.slice(-2)).toEqual([0, 0.2]);
    expect(plots.hit_ratio.slice(-3)).toEqual([null, 0.8, 0.75]);
    expect(plots.fetch_s.slice(-2)).toEqual([0.1, 0.1]);
    expect(plots.waiters.at(-1)).toBe(0);
    history.stop();
  });
});

test("html escapes inserted values, except those that are HTML already", () => {
  const inner = html`<b>${"<&>\"'"}</b>`;
  expect(html`${inner}${[inner]}${undefined}${7}`.text).toBe(
    "<b>&lt;&amp;&gt;&quot;&#39;</b>".repeat(2) + "7",
  );
});
