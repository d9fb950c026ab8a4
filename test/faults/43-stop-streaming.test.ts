import { expect, setDefaultTimeout, test } from "bun:test";
import { POEM, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const HALF = POEM.slice(0, 30);

/** A client of `poetry proxy --stream` that has half of its poem when the proxy receives SIGTERM. */
async function stopInTheMiddle(upstream: ScriptedPeer, ...args: string[]) {
  const proxy = await RunningService.start("proxy", `${upstream.port}`, "--stream", ...args);
  const visitor = new Visitor(proxy.port);
  const connection = (await upstream.connection()).send(HALF);
  await visitor.until(HALF);
  proxy.signal("SIGTERM");
  await proxy.until((line) => line.startsWith("Shutting down "));
  return { proxy, visitor, connection };
}

test("poetry proxy --stream, told to stop, sends its readers the rest, and exits with 0", async () => {
  await using upstream = new ScriptedPeer();
  const { proxy, visitor, connection } = await stopInTheMiddle(upstream);
  await using _ = proxy;
  connection.send(POEM.slice(HALF.length)).fin();
  expect(await visitor.visit).toEqual(whole);
  expect(await proxy.exited).toBe(0);
});

test("poetry proxy --stream resets clients with half an answer at the drain timeout, and exits with 1", async () => {
  await using upstream = new ScriptedPeer();
  const { proxy, visitor } = await stopInTheMiddle(upstream, "--drain-timeout", "50ms");
  await using _ = proxy;
  expect(await visitor.visit).toEqual({ bytes: Buffer.from(HALF), end: "reset" });
  expect(await proxy.exited).toBe(1);
});
