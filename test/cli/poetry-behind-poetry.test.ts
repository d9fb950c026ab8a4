import { expect, test } from "bun:test";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { Visitor, visit } from "../support/visitor.ts";

const isWaiting = (line: string) => line.startsWith("Waiting for the fetch under way: ");

const POEM = { bytes: Buffer.from("poem"), end: "fin" } as const;

test("proxies behind a proxy share one fetch, and use the upstream directly while that proxy is down", async () => {
  await using upstream = new ScriptedPeer();
  const real = String(upstream.port);
  const core = await RunningService.start("proxy", real, "--ttl", "1ms", "--verbose");
  const edge = () => RunningService.start("proxy", String(core.port), real, "--ttl", "1ms", "--verbose");
  await using one = await edge();
  await using other = await edge();

  const clients = [one, other, one, other].map(({ port }) => new Visitor(port));
  const fetched = await upstream.connection();
  await Promise.all([one, other, core].map((each) => each.until(isWaiting)));
  fetched.send("poem").fin();
  for (const client of clients) expect(await client.visit).toEqual(POEM);
  expect(upstream.connections).toHaveLength(1);

  core.signal("SIGKILL");
  await core.exited;
  upstream.script = (connection) => connection.send("poem").fin();
  const before = upstream.connections.length;
  expect([await visit(one.port), await visit(other.port)]).toEqual([POEM, POEM]);
  expect(upstream.connections).toHaveLength(before + 2);
});
