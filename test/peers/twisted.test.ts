import { describe, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { poetry, run, RunningProgram, RunningService, type Run } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { visit } from "../support/visitor.ts";
import { testWith } from "./peer.ts";
import { python, twisted, TwistedServer } from "./twisted.ts";

const FILE = join(import.meta.dirname, "../../poetry/ecstasy.txt");
const POEM = await readFile(FILE);

const clientOf = (port: number) => python("twisted_poem_client.py", `${port}`);
const startServer = (mode: "whole" | "slow" | "abort") =>
  TwistedServer.start("twisted_poem_server.py", FILE, mode);
const connections = (server: TwistedServer) => server.count("Client connected.");

async function expectWholePoem(client: Promise<Run>): Promise<void> {
  const { stdout, stderr } = await client;
  expect(stderr).toBe(`Connected.\nConnectionDone after ${POEM.length} bytes.\n`);
  expect(stdout.equals(POEM)).toBeTrue();
}

describe("a Twisted poem server", () => {
  for (const mode of ["whole", "slow"] as const) {
    testWith(twisted, `that sends the poem ${mode} is read to its end by poetry get`, async () => {
      await using server = await startServer(mode);
      const { code, stdout, stderr } = await poetry("get", `${server.port}`);
      expect({ code, stderr, same: stdout.equals(POEM) }).toEqual({ code: 0, stderr: "", same: true });
    });

    testWith(twisted, `that sends the poem ${mode} is asked once for all clients of a proxy`, async () => {
      await using server = await startServer(mode);
      await using proxy = await RunningService.start("proxy", "--retries", "0", `${server.port}`);
      const together = await Promise.all(Array.from({ length: 20 }, () => visit(proxy.port)));
      const later = await visit(proxy.port);
      for (const { bytes, end } of [...together, later])
        expect({ end, same: bytes.equals(POEM) }).toEqual({ end: "fin", same: true });
      expect(connections(server)).toBe(1);
    });
  }

  testWith(
    twisted,
    "that aborts in mid-answer makes poetry get fail, which says how much arrived",
    async () => {
      await using server = await startServer("abort");
      const { code, stdout, stderr } = await poetry("get", `${server.port}`);
      const half = POEM.subarray(0, Math.floor(POEM.length / 2));
      expect({ code, same: stdout.equals(half.subarray(0, stdout.length)) }).toEqual({ code: 1, same: true });
      expect(stderr).toMatch(/^error: Cannot fetch from .*: connection reset \(ECONNRESET\) after /);
      if (stdout.length > 0) expect(stderr).toEndWith(`after ${stdout.length} bytes\n`);
    },
  );

  testWith(
    twisted,
    "that aborts in mid-answer is asked again each time, and no client gets half a poem",
    async () => {
      await using server = await startServer("abort");
      await using proxy = await RunningService.start("proxy", "--retries", "0", `${server.port}`);
      for (let i = 1; i <= 3; i++) {
        const { bytes, end } = await visit(proxy.port);
        expect({ end, length: bytes.length }).toEqual({ end: "reset", length: 0 });
        await server.until(() => connections(server) === i);
      }
      expect(connections(server)).toBe(3);
    },
  );
});

describe("a Twisted client", () => {
  testWith(twisted, "gets the poem from a server and a clean end", async () => {
    await using server = await RunningService.start("serve", FILE);
    await expectWholePoem(run(clientOf(server.port)));
  });

  testWith(twisted, "gets the poem from a proxy and a clean end, fetched and cached", async () => {
    await using server = await startServer("slow");
    await using proxy = await RunningService.start("proxy", "--retries", "0", `${server.port}`);
    await Promise.all([0, 1].map(() => expectWholePoem(run(clientOf(proxy.port)))));
    await expectWholePoem(run(clientOf(proxy.port)));
    expect(connections(server)).toBe(1);
  });

  for (const [how, part] of [
    ["a poem that broke off", "half a po"],
    ["a server that hung up without a word", ""],
  ] as const) {
    testWith(twisted, `is told of ${how} by an unclean end, with no byte`, async () => {
      await using upstream = new ScriptedPeer();
      await using proxy = await RunningService.start("proxy", "--retries", "0", `${upstream.port}`);
      await using client = new RunningProgram(clientOf(proxy.port));
      await client.until((line) => line === "Connected.");
      const connection = await upstream.connection();
      if (part) connection.send(part).reset();
      else connection.fin();
      expect(await client.until((line) => line.includes(" after "))).toBe("ConnectionLost after 0 bytes.");
      expect(upstream.connections).toHaveLength(1);
    });
  }
});
