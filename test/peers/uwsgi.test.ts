import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";

const PORT = 1717;
const server = findPeer("uwsgi", ["uwsgi", "--version"], (text) => text.startsWith("2."));
const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const uwsgi = allOf(server, netcat);

async function ask(host: string, port: number): Promise<string> {
  const { stdout } = await run(["nc", "-N", host, `${port}`]);
  return stdout.toString();
}

describe("uWSGI's stats through a proxy with --preset json-stats", () => {
  testWith(uwsgi, "are asked for once, and are one whole JSON text", async () => {
    const address = ownAddress();
    const options = [
      "--master",
      "--die-on-term",
      "--socket",
      `${address}:0`,
      "--stats",
      `${address}:${PORT}`,
    ];
    await using _ = await RealServer.start(["uwsgi", ...options], (line) =>
      line.includes("Stats server enabled"),
    );
    const args = [`${address}:${PORT}`, "--preset", "json-stats", "--ttl", "inf"];
    await using proxy = await RunningService.start("proxy", ...args);
    const first = await ask("127.0.0.1", proxy.port);
    expect(JSON.parse(first)).toMatchObject({
      version: expect.stringMatching(/^2\./),
      workers: expect.any(Array),
    });
    for (let i = 0; i < 3; i++) expect(await ask("127.0.0.1", proxy.port)).toBe(first);
    await proxy.untilCount("Fetched ", 1);
  });
});
