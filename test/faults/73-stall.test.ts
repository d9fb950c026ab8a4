import { expect, setDefaultTimeout, test } from "bun:test";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { nextTurn } from "../support/next-turn.ts";
import { openSockets } from "../support/open-sockets.ts";
import { answered, POEM, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { stall } from "../support/stall.ts";
import { Visitor, visit } from "../support/visitor.ts";

setDefaultTimeout(60_000);

/** Every timeout of a service is shorter than the stall. */
const TIMEOUTS = ["connect", "first-byte", "idle", "send", "drain"].flatMap((what) => [
  `--${what}-timeout`,
  "3s",
]);
const STALL_MS = 3500;

/** More than the kernel buffers for a client that does not read. */
const HUGE = new Uint8Array(24 * 1024 * 1024).map((_, i) => i >>> 8);

function start(port: number, ...args: string[]): Promise<RunningService> {
  return RunningService.start("proxy", `${port}`, "--retries", "0", "--verbose", ...TIMEOUTS, ...args);
}

test.skipIf(!canBeDeaf)(
  "poetry proxy that is stopped for longer than all its timeouts finds what has arrived meanwhile, in every phase",
  async () => {
    await using upstream = new ScriptedPeer();
    await using other = new ScriptedPeer();
    using deaf = new DeafPort();
    await using asked = await start(upstream.port, "--request", "line", "--request-timeout", "3s");
    await using knocking = await start(deaf.port);
    await using draining = await start(other.port);
    const atRest = [asked, knocking].map(({ pid }) => openSockets(pid).size);

    const visitKnocking = visit(knocking.port);
    await knocking.until((line) => line.startsWith("Cache miss"));
    const visitDraining = visit(draining.port);
    const last = await other.connection();
    draining.signal("SIGTERM");
    await draining.until((line) => line.startsWith("Shutting down"));
    const ask = async (request: string) => {
      const visitor = new Visitor(asked.port);
      await visitor.send(request);
      return visitor;
    };
    const reader = new Visitor(asked.port, (socket) => {
      socket.write("huge\n");
      socket.pause();
    });
    await (await upstream.connection()).sendAll(HUGE);
    await asked.until((line) => line.startsWith("Fetched"));
    const silent = await ask("silent\n");
    const first = await upstream.connection(1);
    const interrupted = await ask("interrupted\n");
    const second = (await upstream.connection(2)).send(POEM.slice(0, 10));
    const halfAsked = await ask("half a");

    await stall([asked.pid, knocking.pid, draining.pid], STALL_MS, async () => {
      deaf.hear();
      reader.resume();
      await halfAsked.send(" request\n");
      for (const connection of [first, last]) connection.send(POEM).fin();
      second.send(POEM.slice(10)).fin();
      await deaf.answer(POEM); // The kernel retries the SYN after 1 s and after 3 s.
    });

    (await upstream.connection(3)).send("answer").fin();
    expect(await halfAsked.visit).toEqual(answered("answer"));
    for (const each of [silent.visit, interrupted.visit, visitKnocking, visitDraining]) {
      expect(await each).toEqual(whole);
    }
    const { bytes, end } = await reader.visit;
    expect({ end, isWhole: bytes.equals(HUGE) }).toEqual({ end: "fin", isWhole: true });
    for (const [index, { pid }] of [asked, knocking].entries()) {
      while (openSockets(pid).size > (atRest[index] as number)) await nextTurn();
    }
  },
);
