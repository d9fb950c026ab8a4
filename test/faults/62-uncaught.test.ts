import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { POEM } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

// A relative path: the path of this folder may contain blanks, and a quoted one is silently ignored.
const WITH_BUG = [
  "env",
  "-C",
  join(import.meta.dirname, "../support"),
  "BUN_OPTIONS=--preload ./throw-at-sigalrm.ts",
];
const LONG = Buffer.alloc(32 * 2 ** 20, POEM);

test("poetry proxy resets every unfinished client after an uncaught exception, logs it and exits with 70", async () => {
  await using upstream = new ScriptedPeer((connection) => void connection.sendAll(LONG));
  await using proxy = await RunningService.startBy(WITH_BUG, "proxy", `${upstream.port}`, "--ttl", "0");
  const inTheMiddle = new Visitor(proxy.port, (socket) => socket.pause());
  await proxy.until((line) => line.startsWith("Fetched "));
  upstream.script = () => {};
  const waiting = new Visitor(proxy.port);
  await upstream.connection(1);
  proxy.signal("SIGALRM");
  expect(await proxy.exited).toBe(70);
  await proxy.silent;
  expect(proxy.lines.filter((line) => line.startsWith("error: "))).toEqual([
    expect.stringMatching(/^error: Bug in poetry, stopping: Error: thrown at SIGALRM/),
  ]);
  inTheMiddle.resume();
  for (const visitor of [inTheMiddle, waiting]) {
    const { bytes, end } = await visitor.visit;
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(LONG.length);
  }
});
