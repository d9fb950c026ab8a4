/**
 * Reloads of `poetry up`: how long a reload of 200 services takes and for how long it blocks the event loop; and how
 * much memory five services in one process take.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../src/observe/log.ts";
import { observerOf } from "../src/observe/observer-of.ts";
import { plan } from "../src/process/config/plan.ts";
import { readConfigFiles } from "../src/process/config/read-files.ts";
import { buildMembers } from "../src/process/roster/members.ts";
import { pausing } from "../src/process/roster/pauses.ts";
import { Reloader } from "../src/process/roster/reload.ts";
import { Roster } from "../src/process/roster/roster.ts";
import { systemClock as clock } from "../src/time/clock.ts";
import { printFigures, type Figure } from "./figure.ts";
import { LoopProbe } from "./loop-probe.ts";
import { executable, freePort, spawn, startPoetry, whenReady } from "./peers.ts";
import { residentMemory, settled } from "./proc.ts";

const SERVICES = 200;
const ROUNDS = 5;
const SEVERAL = 5;

/** Measures, and returns the figures. */
export async function reload(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-reload-"));
  try {
    return [...(await reloads(join(dir, "many.toml"))), await several(join(dir, "several.toml"))];
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** The worst of several reloads that change every service, add one and remove one. */
async function reloads(file: string): Promise<Figure[]> {
  const ports = freePorts(SERVICES + 1);
  const write = (round: number) =>
    writeFile(file, fileOf(ports.slice(round % 2, SERVICES + (round % 2)), round));
  const observer = observerOf(
    createLog({ format: "text", quiet: true, verbose: false, stream: { write: () => true } }),
  );
  const pause = pausing(clock);
  const around = () => ({ clock, observer, needsPeers: false, needsTimes: false });
  const load = async () => plan(await readConfigFiles([file], pause), { pause });
  await write(0);
  const planned = await load();
  if ("complaints" in planned) throw new Error(JSON.stringify(planned.complaints));
  const built = await buildMembers(planned.plan, around);
  if ("complaints" in built) throw new Error(JSON.stringify(built.complaints));
  const roster = new Roster(built.members, clock);
  await roster.start();
  const reloader = new Reloader({
    roster,
    members: built.members,
    plan: planned.plan,
    clock,
    observer,
    load,
    around,
    applied: () => {},
    pause,
  });
  let [longest, blocked] = [0, 0];
  for (let round = 1; round <= ROUNDS; round++) {
    await write(round);
    const probe = new LoopProbe();
    const start = performance.now();
    const wrong = await reloader.reload();
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    longest = Math.max(longest, performance.now() - start);
    const { elapsed, cpu } = probe.stop();
    blocked = Math.max(blocked, Math.min(elapsed, cpu));
  }
  roster.abort();
  const what = `reload of ${SERVICES} services that all change`;
  return [
    { what: `${what}, the longest of ${ROUNDS}`, goal: 1000, measured: longest, unit: " ms" },
    { what: `${what}: longest turn of the event loop`, goal: 25, measured: blocked, unit: " ms" },
  ];
}

function fileOf(ports: readonly number[], round: number): string {
  return ports
    .map(
      (port) =>
        `[proxy.p${port}]\nupstream = ["127.0.0.1:9", "localhost:10"]\nport = ${port}\npreset = "whois"\nttl = "${round}m"\n` +
        `clients = ["10.0.0.0/8", "!10.66.0.0/16"]\nmax-clients = ${100 + round}\n`,
    )
    .join("\n");
}

/** Idle services in one process, compared with one service. */
async function several(file: string): Promise<Figure> {
  const one = await startPoetry("proxy", "9");
  const ports = freePorts(SEVERAL);
  await writeFile(file, ports.map((port) => `[proxy.p${port}]\nupstream = 9\nport = ${port}\n`).join("\n"));
  const all = await whenReady(
    "poetry up",
    ports.at(-1) as number,
    spawn([executable(), "up", file, "--quiet"]),
  );
  const [single, together] = [await idle(one.pid), await idle(all.pid)];
  await one.stop();
  await all.stop();
  return {
    what: `resident memory, ${SEVERAL} idle services in one process / one service`,
    goal: 1.2,
    measured: together / single,
    unit: "x",
  };
}

/** Distinct free ports. */
function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(freePort());
  return [...ports];
}

function idle(pid: number): Promise<number> {
  return settled(() => residentMemory(pid));
}

if (import.meta.main && !printFigures(await reload())) process.exitCode = 1;
