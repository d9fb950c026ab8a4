/**
 * Ten thousand clients a second that connect and reset, for half a minute: half of them find the poem in the cache, the
 * others leave while they wait for it. What the proxy needs afterwards, compared with after a first, short wave.
 */
import { printFigures, printTable, round, type Figure } from "./figure.ts";
import { startPoetry } from "./peers.ts";
import { descriptors, residentMemory, settled } from "./proc.ts";
import { sendResetters } from "./resetters.ts";
import { POEM_BYTES, poemOf } from "./poem.ts";

const RATE = 10_000;
const SECONDS = 30;
const FIRST_SECONDS = 5;
/** How long a fetch takes, and how long its answer is kept. */
const FETCH_MS = 50;
/** How much the heap may grow, because of garbage that is not collected yet. */
const GROWTH_MB = 5;
const MB = 1e6;

/** Measures, prints the results, and returns the figures. */
export async function resets(): Promise<Figure[]> {
  const upstream = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void setTimeout(() => socket.end(poemOf(POEM_BYTES)), FETCH_MS), data() {} },
  });
  const proxy = await startPoetry("proxy", String(upstream.port), "--ttl", `${FETCH_MS}ms`);
  const needs = async () => ({
    memory: await settled(() => residentMemory(proxy.pid)),
    descriptors: descriptors(proxy.pid),
  });
  try {
    await sendResetters({ port: proxy.port, rate: RATE, seconds: FIRST_SECONDS });
    const before = await needs();
    const made = await sendResetters({ port: proxy.port, rate: RATE, seconds: SECONDS });
    const after = await needs();
    printTable([
      ["connect and reset", "clients", "a second", "RSS before", "after", "descriptors before", "after"],
      [
        "",
        String(made),
        String(Math.round(made / SECONDS)),
        ...[before.memory, after.memory].map((bytes) => `${round(bytes / MB)} MB`),
        ...[before.descriptors, after.descriptors].map(String),
      ],
    ]);
    const what = `after ${SECONDS} s of clients that reset`;
    const note = `${Math.round(made / SECONDS)} a second`;
    return [
      {
        what: `memory: added ${what}`,
        goal: GROWTH_MB,
        measured: (after.memory - before.memory) / MB,
        unit: " MB",
        note,
      },
      {
        what: `descriptors: added ${what}`,
        goal: 0,
        measured: after.descriptors - before.descriptors,
        unit: "",
        note,
      },
    ];
  } finally {
    await proxy.stop();
    upstream.stop(true);
  }
}

if (import.meta.main) printFigures(await resets());
