import { describe, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { poetry, run, RunningService } from "../support/program.ts";
import { visit } from "../support/visitor.ts";
import { findPeer, testWith } from "./peer.ts";
import { python, twisted, TwistedServer } from "./twisted.ts";

const netcat = findPeer("OpenBSD netcat", ["nc", "-h"], (text) => text.includes("OpenBSD netcat"));

const FILE = join(import.meta.dirname, "../../poetry/ecstasy.txt");
const POEM = await readFile(FILE);
const LOWER = POEM.toString().toLowerCase();

const startServer = (mode: "whole" | "abort") => TwistedServer.start("twisted_transform_server.py", mode);
const asked = (server: TwistedServer) => server.count("Asked for cummingsify.");

/** The output of a client written with Twisted, and how its connection ended. */
async function clientOf(port: number, name = "cummingsify") {
  const { stdout, stderr } = await run(python("twisted_transform_client.py", `${port}`, name, FILE));
  return { poem: stdout.toString(), end: stderr.trimEnd() };
}

const DONE = { poem: LOWER, end: "ConnectionDone after 1 poems." };

describe("a server with Twisted's NetstringReceiver", () => {
  testWith(twisted, "transforms for poetry get", async () => {
    await using poems = await RunningService.start("serve", FILE);
    await using server = await startServer("whole");
    const args = [`${poems.port}`, "--transform", "cummingsify", "--via", `${server.port}`];
    const { code, stdout, stderr } = await poetry("get", ...args);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: LOWER, stderr: "" });
  });

  testWith(twisted, "is asked once by transform-proxy, for Twisted clients and others", async () => {
    await using server = await startServer("whole");
    await using proxy = await RunningService.start("transform-proxy", `${server.port}`);
    const request = `${POEM.length + 12}:cummingsify.${POEM.toString()},`;
    const [one, two, other] = await Promise.all([
      clientOf(proxy.port),
      clientOf(proxy.port),
      visit(proxy.port, (socket) => void socket.write(request)),
    ]);
    expect([one, two, await clientOf(proxy.port)]).toEqual([DONE, DONE, DONE]);
    expect(other).toEqual({ bytes: Buffer.from(`${POEM.length}:${LOWER},`), end: "fin" });
    expect(asked(server)).toBe(1);
  });

  testWith(
    twisted,
    "that does not know the name makes transform-proxy reset its clients, each time",
    async () => {
      await using server = await startServer("whole");
      await using proxy = await RunningService.start("transform-proxy", `${server.port}`, "--retries", "0");
      for (let i = 1; i <= 2; i++) {
        expect(await clientOf(proxy.port, "nosuch")).toEqual({
          poem: "",
          end: "ConnectionLost after 0 poems.",
        });
        await server.until(() => server.count("Asked for nosuch.") === i);
      }
      expect(await clientOf(proxy.port)).toEqual(DONE);
    },
  );

  testWith(twisted, "that breaks off makes transform-proxy reset its clients and keep nothing", async () => {
    await using server = await startServer("abort");
    await using proxy = await RunningService.start("transform-proxy", `${server.port}`, "--retries", "0");
    for (let i = 1; i <= 2; i++) {
      expect(await clientOf(proxy.port)).toEqual({ poem: "", end: "ConnectionLost after 0 poems." });
      await server.until(() => asked(server) === i);
    }
  });

  testWith(twisted, "transforms for poetry proxy, once for all its clients", async () => {
    await using poems = await RunningService.start("serve", FILE);
    await using server = await startServer("whole");
    const via = ["--transform", "cummingsify", "--via", `${server.port}`];
    await using proxy = await RunningService.start("proxy", `${poems.port}`, ...via);
    const visits = await Promise.all(Array.from({ length: 10 }, () => visit(proxy.port)));
    for (const { bytes, end } of [...visits, await visit(proxy.port)]) {
      expect({ text: bytes.toString(), end }).toEqual({ text: LOWER, end: "fin" });
    }
    expect(asked(server)).toBe(1);
  });
});

describe("a client with Twisted's NetstringReceiver", () => {
  testWith(twisted, "has its poem transformed by transform-serve", async () => {
    await using server = await RunningService.start("transform-serve");
    expect(await clientOf(server.port)).toEqual(DONE);
  });

  testWith(
    twisted,
    "gets a clean end and no poem for a name that transform-serve does not know",
    async () => {
      await using server = await RunningService.start("transform-serve");
      expect(await clientOf(server.port, "nosuch")).toEqual({
        poem: "",
        end: "ConnectionDone after 0 poems.",
      });
    },
  );

  testWith(twisted, "is reset by transform-serve when a filter fails", async () => {
    await using server = await RunningService.start("transform-serve", "--filter", "f=false");
    expect(await clientOf(server.port, "f")).toEqual({ poem: "", end: "ConnectionLost after 0 poems." });
  });
});

const TYPED: [how: string, flags: string[], typed: string, answer: string][] = [
  ["a netstring", [], "24:cummingsify.Tread Softly,", "12:tread softly,"],
  ["a netstring, and half-closes", ["-N"], "24:cummingsify.Tread Softly,", "12:tread softly,"],
  ["a netstring and a line feed", [], "24:cummingsify.Tread Softly,\n", "12:tread softly,"],
  ["an unknown name", [], "15:nosuch.Softly..,", ""],
  ["a wrong length", [], "5:cummingsify.Tread Softly,", ""],
  ["words", [], "cummingsify, please\n", ""],
  ["half a netstring, and half-closes", ["-N"], "24:cummingsify.Tread", ""],
];

describe("nc, typing to transform-serve", () => {
  for (const [how, flags, stdin, answer] of TYPED) {
    testWith(netcat, how, async () => {
      await using server = await RunningService.start("transform-serve");
      const { code, stdout } = await run(["nc", ...flags, "127.0.0.1", `${server.port}`], { stdin });
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: answer });
    });
  }

  testWith(netcat, "a netstring to transform-proxy, twice", async () => {
    await using server = await RunningService.start("transform-serve");
    await using proxy = await RunningService.start("transform-proxy", `${server.port}`);
    for (let i = 0; i < 2; i++) {
      const stdin = "24:cummingsify.Tread Softly,";
      const { stdout } = await run(["nc", "-N", "127.0.0.1", `${proxy.port}`], { stdin });
      expect(stdout.toString()).toBe("12:tread softly,");
    }
    await proxy.until((line) => line.startsWith("Using cached poem."));
  });
});
