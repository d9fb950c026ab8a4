import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";
import { socat, SocatServer } from "./socat-server.ts";

const PORT = 1717;
const server = findPeer("uwsgi", ["uwsgi", "--version"], (text) => text.startsWith("2."));
const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const uwsgi = allOf(server, netcat, socat);

async function ask(port: number): Promise<string> {
  const { stdout } = await run(["nc", "-N", "127.0.0.1", `${port}`]);
  return stdout.toString();
}

describe("uWSGI's stats through a proxy with --preset json-stats", () => {
  testWith(uwsgi, "are fetched once, and are one complete JSON text", async () => {
    const address = ownAddress();
    const options = ["--socket", `${address}:0`, "--stats", `${address}:${PORT}`];
    await using _ = RealServer.start(["uwsgi", "--master", "--die-on-term", ...options]);
    await using counter = await SocatServer.before(address, PORT);
    const args = [`${counter.port}`, "--preset", "json-stats", "--ttl", "inf"];
    await using proxy = await RunningService.start("proxy", ...args);
    const first = await ask(proxy.port);
    expect(JSON.parse(first)).toMatchObject({
      version: expect.stringMatching(/^2\./),
      workers: expect.any(Array),
    });
    for (let i = 0; i < 3; i++) expect(await ask(proxy.port)).toBe(first);
    expect(await counter.end()).toBe(1);
  });
});
