import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { socat, SocatServer } from "./socat-server.ts";

const SERVER = "/usr/sbin/gophernicus";
const curl = findPeer("curl with gopher", ["curl", "--version"], (text) =>
  /^Protocols: .*\bgopher\b/m.test(text),
);
const gophernicus = findPeer("gophernicus", [SERVER, "-v"], (text) => text.startsWith("Gophernicus/"));
const gopher = allOf(curl, gophernicus, socat);

const POEM = "Busy old fool, unruly Sun,\r\nWhy dost thou thus?\r\n";

/** It does not run as root. */
const asNobody = process.getuid?.() === 0 ? ",su=nobody" : "";

async function startServer(dir: TempDir): Promise<SocatServer> {
  await dir.write("sun.txt", POEM);
  return SocatServer.start(`EXEC:${SERVER} -nf -h localhost -r ${dir.path},nofork${asNobody}`);
}

async function fetchFrom(port: number, path: string): Promise<string> {
  const { code, stdout } = await run(["curl", "--silent", `gopher://127.0.0.1:${port}${path}`]);
  expect({ path, code }).toEqual({ path, code: 0 });
  return stdout.toString();
}

describe("curl gopher:// through a proxy with --preset gopher", () => {
  testWith(gopher, "gets menus and files as the server sends them, each fetched once", async () => {
    await using dir = new TempDir();
    await using server = await startServer(dir);
    const paths = ["/", "/0/sun.txt"];
    const direct = await Promise.all(paths.map((path) => fetchFrom(server.port, path)));
    expect(direct).toEqual([expect.stringContaining("0sun.txt"), POEM]);
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--preset", "gopher");
    for (let i = 0; i < 3; i++) {
      expect(await Promise.all(paths.map((path) => fetchFrom(proxy.port, path)))).toEqual(direct);
    }
    expect(await server.end()).toBe(2 + 2);
  });

  testWith(
    gopher,
    "sends requests in gopher's form, however a client ends its line, and keeps texts that begin with a 3",
    async () => {
      await using dir = new TempDir();
      await using server = await startServer(dir);
      await dir.write("mice.txt", "3 blind mice\r\n");
      await using proxy = await RunningService.start("proxy", `${server.port}`, "--preset", "gopher");
      for (const end of ["\n", "\r\n", "\n"]) {
        const visitor = new Visitor(proxy.port);
        await visitor.send(`/mice.txt${end}`);
        expect((await visitor.visit).bytes.toString()).toStartWith("3 blind mice\r\n");
      }
      expect(await server.end()).toBe(1);
    },
  );

  testWith(gopher, "has searches and errors fetched each time", async () => {
    await using dir = new TempDir();
    await using server = await startServer(dir);
    await using proxy = await RunningService.start("proxy", `${server.port}`, "--preset", "gopher");
    for (const path of ["/7/sun.txt%09fool", "/0/moon.txt"]) {
      const direct = await fetchFrom(server.port, path);
      for (let i = 0; i < 3; i++) expect(await fetchFrom(proxy.port, path)).toBe(direct);
    }
    expect(await server.end()).toBe(4 + 4);
  });
});
