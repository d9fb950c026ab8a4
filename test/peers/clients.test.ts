import { describe, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { findPeer, testWith } from "./peer.ts";

const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));
const curl = findPeer("curl", ["curl", "--help", "all"], (text) => text.includes("--http0.9"));

const POEM = await readFile(join(import.meta.dirname, "../../poetry/alla_sera.txt"));
const GARBAGE = "GET / HTTP/1.0\r\n\r\n\0\xff".repeat(10_000);
const HOST = "127.0.0.1";

/** curl's exit code for a connection that was reset. */
const FAILURE_WITH_RECEIVING = 56;

function withPoem(): ScriptedPeer {
  return new ScriptedPeer((connection) => connection.send(POEM).fin());
}

const NETCATS: [how: string, flags: string[], stdin: string][] = [
  ["saying nothing", [], ""],
  ["half-closing at once", ["-N"], ""],
  ["sending a line and half-closing", ["-N"], "please\n"],
  ["typing garbage", [], GARBAGE],
  ["typing garbage and half-closing", ["-N"], GARBAGE],
];

describe("nc gets the whole poem", () => {
  for (const [how, flags, stdin] of NETCATS) {
    testWith(netcat, `${how}, from the upstream first and from the cache then`, async () => {
      await using upstream = withPoem();
      await using proxy = await RunningService.start("proxy", "--retries", "0", `${upstream.port}`);
      for (let i = 0; i < 3; i++) {
        const { code, stdout } = await run(["nc", ...flags, HOST, `${proxy.port}`], { stdin });
        expect({ code, same: stdout.equals(POEM) }).toEqual({ code: 0, same: true });
      }
      expect(upstream.connections).toHaveLength(1);
    });
  }

  testWith(netcat, "half-closing while the fetch is under way", async () => {
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.start("proxy", "--retries", "0", `${upstream.port}`);
    const visits = Array.from({ length: 5 }, () => run(["nc", "-N", HOST, `${proxy.port}`]));
    (await upstream.connection()).send(POEM).fin();
    for (const { code, stdout } of await Promise.all(visits))
      expect({ code, same: stdout.equals(POEM) }).toEqual({ code: 0, same: true });
    expect(upstream.connections).toHaveLength(1);
  });
});

const POEMS = join(import.meta.dirname, "../../poetry");
const TITLES = "alla_sera\nanthology\necstasy\nfascination\nscience\n";

const LINES: [how: string, flags: string[], stdin: string, answer: string][] = [
  ["typing a title", [], "Alla_Sera\n", POEM.toString()],
  ["typing a title and half-closing", ["-N"], "alla_sera\n", POEM.toString()],
  ["sending CR LF", ["-C"], "alla_sera\n", POEM.toString()],
  ["half-closing instead of ending the line", ["-N"], "alla_sera", POEM.toString()],
  ["typing more than a title", ["-N"], `alla_sera\n${GARBAGE}`, POEM.toString()],
  ["typing an empty line", [], "\n", TITLES],
  ["asking for what is outside", [], "../README\n", 'No poem called "../README".\n'],
  ["half-closing at once", ["-N"], "", ""],
];

describe("nc requests a poem by its title", () => {
  for (const [how, flags, stdin, answer] of LINES) {
    testWith(netcat, how, async () => {
      await using server = await RunningService.start("serve", POEMS);
      const { stdout } = await run(["nc", ...flags, HOST, `${server.port}`], { stdin });
      expect(stdout.toString()).toBe(answer);
    });
  }
});

function curlTo(port: string): string[] {
  return ["curl", "--http0.9", "--silent", "--show-error", `http://${HOST}:${port}/`];
}

describe("curl --http0.9", () => {
  testWith(curl, "gets the whole poem, though it sends a request that nobody reads", async () => {
    await using upstream = withPoem();
    await using proxy = await RunningService.start("proxy", "--retries", "0", `${upstream.port}`);
    for (let i = 0; i < 3; i++) {
      const { code, stdout, stderr } = await run(curlTo(`${proxy.port}`));
      expect({ code, stderr, same: stdout.equals(POEM) }).toEqual({ code: 0, stderr: "", same: true });
    }
    expect(upstream.connections).toHaveLength(1);
  });

  testWith(
    curl,
    "treats a poem that is cut short as a failure, and causes a new fetch each time",
    async () => {
      await using upstream = new ScriptedPeer();
      await using proxy = await RunningService.start("proxy", "--retries", "0", `${upstream.port}`);
      for (let i = 0; i < 3; i++) {
        const report = "%{stderr}downloaded %{size_download}\n";
        await using client = new RunningProgram([
          ...curlTo(`${proxy.port}`),
          "--verbose",
          "--write-out",
          report,
        ]);
        await client.until((line) => line.startsWith("> GET "));
        (await upstream.connection(i)).send("half a po").reset();
        expect(await client.exited).toBe(FAILURE_WITH_RECEIVING);
        expect(await client.until((line) => line.startsWith("downloaded "))).toBe("downloaded 0");
      }
      expect(upstream.connections).toHaveLength(3);
    },
  );
});
