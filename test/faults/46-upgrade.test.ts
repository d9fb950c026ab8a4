import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Status } from "../../src/observe/numbers/status.ts";
import { closedPort } from "../support/closed-port.ts";
import { recite, whole } from "../support/poem.ts";
import { POETRY, poetry } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Upgradable } from "../support/upgradable.ts";
import { upgradeUnderLoad } from "../support/upgrade-under-load.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(60_000);

const HALF = join(import.meta.dirname, "../support/half-successor.ts");

test("two upgrades under load: no client is refused, reset or sent anything but the whole poem, and monitoring continues", async () => {
  await using dir = new TempDir();
  const {
    whole: served,
    scrapes,
    statuses,
    ...others
  } = await upgradeUnderLoad(dir, {
    upgrades: 2,
    connections: 2_000,
    atOnce: 64,
  });
  expect(others).toEqual({ wrong: 0, reset: 0, refused: 0, scrapesFailed: 0, statusesFailed: 0 });
  expect(served).toBeGreaterThanOrEqual(2_000);
  expect(Math.min(scrapes, statuses)).toBeGreaterThan(1);
});

/** A proxy of a scripted upstream, with a store, a metrics port and a control socket. */
class Stage implements AsyncDisposable {
  readonly dir = new TempDir();
  readonly upstream = new ScriptedPeer();
  readonly port = closedPort();
  readonly store = join(this.dir.path, "store.db");
  readonly socket = join(this.dir.path, "control.sock");
  readonly metrics = closedPort();
  readonly proxy: Upgradable;

  constructor(...args: string[]) {
    const places = ["--port", `${this.port}`, "--metrics", `${this.metrics}`, "--control", this.socket];
    const kept = ["--store", this.store, "--store-timeout", "10s"];
    this.proxy = new Upgradable(this.dir, ["proxy", `${this.upstream.port}`, ...places, ...kept, ...args], {
      socket: this.socket,
    });
  }

  async begin(): Promise<void> {
    await this.proxy.until((line) => line.startsWith("Proxying "));
  }

  /** Visits as a client whose request needs a fetch. */
  async fetch(): Promise<void> {
    const visiting = visit(this.port);
    recite(await this.upstream.connection());
    expect(await visiting).toEqual(whole);
  }

  /** Checks that nothing has changed: the serving process, the stored answers, metrics and control. */
  async expectAllAsBefore(pid: number): Promise<void> {
    expect(this.proxy.pid).toBe(pid);
    expect(await visit(this.port)).toEqual(whole);
    const status = await poetry("ctl", "status", "--json", "--socket", this.socket);
    const { stores, draining } = JSON.parse(status.stdout.toString()) as Status;
    expect([draining, stores.map(({ up }) => up)]).toEqual([false, [true]]);
    expect((await fetch(`http://127.0.0.1:${this.metrics}/ready`)).status).toBe(200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

const FAILING: readonly [what: string, script: (stage: Stage) => string, reason: string][] = [
  ["exits at once", () => "exit 3", "the new process ended with exit code 3"],
  ["is killed", () => "kill -9 $$", "the new process ended by SIGKILL"],
  ["hangs", () => "exec sleep 100", "it did not start serving within 1s"],
  [
    "hangs, and does not end when it is told to",
    () => 'trap "" TERM; exec sleep 100',
    "it did not start serving within 1s",
  ],
  [
    "speaks another version of what is said in an upgrade",
    () => `POETRY_UPGRADE=0 exec "${POETRY}" "$@"`,
    "the new process ended with exit code 1",
  ],
  [
    "knows nothing of upgrades",
    () => `unset POETRY_UPGRADE NODE_CHANNEL_FD; exec "${POETRY}" "$@"`,
    "the new process ended with exit code 1",
  ],
  ["does not know a flag", () => `exec "${POETRY}" "$@" --sonnets`, "the new process ended with exit code 2"],
  [
    "dies once it has the store and the control socket",
    ({ store }) => `exec "${process.execPath}" "${HALF}" die ${store}`,
    "the new process ended by SIGKILL",
  ],
  [
    "hangs once it has the store and the control socket",
    ({ store }) => `exec "${process.execPath}" "${HALF}" hang ${store}`,
    "it did not start serving within 1s",
  ],
];

test.each(FAILING)("an upgrade to an executable that %s changes nothing", async (_what, script, reason) => {
  await using stage = new Stage("--upgrade-timeout", "1s");
  const { proxy } = stage;
  await stage.begin();
  await stage.fetch();
  const { pid } = proxy;
  proxy.install(script(stage));
  const waiting = new Visitor(stage.port);
  const refused = await proxy.upgrade();
  expect([refused.code, refused.stderr]).toEqual([1, `poetry ctl: Not upgraded: ${reason}.\n`]);
  expect((await waiting.visit).end).toBe("fin");
  await proxy.until((line) => line === `error: Not upgraded: ${reason}.`);
  await stage.expectAllAsBefore(pid);
  proxy.install();
  expect((await proxy.upgrade()).stderr).toBe("");
  expect(proxy.pid).not.toBe(pid);
  expect(await visit(stage.port)).toEqual(whole); // From the store: the upstream is not asked again.
  await proxy.stop();
});
