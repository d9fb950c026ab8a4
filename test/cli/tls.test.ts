import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { certificates } from "../support/own-certificates.ts";
import { POEM, recite, whole } from "../support/poem.ts";
import { POETRY, run, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const pki = certificates();
const identity = { ca: pki.authority.certificate, name: "localhost", pins: [] };

function proxyBefore(upstream: ScriptedPeer, ...flags: string[]): Promise<RunningService> {
  return RunningService.start("proxy", `${upstream.port}`, ...pki.flags(), ...flags);
}

function visitor(proxy: RunningService): Visitor {
  return new Visitor(proxy.port, undefined, identity);
}

describe("poetry proxy --tls-cert --proxy-from", () => {
  test("reads the header on a Unix socket, too", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "poem.sock");
    await using upstream = new ScriptedPeer(recite);
    const flags = ["--listen", `unix:${path}`, "--listen", "127.0.0.1:0", "--proxy-from", "unix"];
    await using _ = await proxyBefore(upstream, ...flags);
    const header = Buffer.from("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    for (let i = 0; i < 3; i++)
      expect(await new Visitor({ path }, undefined, { ...identity, header }).visit).toEqual(whole);
    expect(await new Visitor({ path }, undefined, identity).visit).not.toMatchObject({ end: "fin" });
  });

  test("does not start if libc cannot be called: exit code 1", async () => {
    const flags = ["--port", "0", "--proxy-from", "127.0.0.1", ...pki.flags()];
    const withoutJit = ["env", "BUN_JSC_useJIT=0", POETRY, "proxy", "1", ...flags];
    const { code, stderr } = await run(withoutJit);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("this system offers no way to read a PROXY header before TLS"),
    });
  });
});

describe("poetry proxy --tls-cert", () => {
  test("told to stop, serves the present clients: exit code 0", async () => {
    await using upstream = new ScriptedPeer();
    await using proxy = await proxyBefore(upstream);
    const client = visitor(proxy);
    const connection = await upstream.connection();
    proxy.signal("SIGTERM");
    await proxy.until((line) => line.startsWith("Shutting down"));
    recite(connection);
    expect(await client.visit).toEqual(whole);
    expect(await proxy.exited).toBe(0);
  });

  test("resets clients that are left at the deadline, in mid-answer: exit code 1", async () => {
    await using upstream = new ScriptedPeer((connection) => connection.send(POEM));
    await using proxy = await proxyBefore(upstream, "--stream", "--drain-timeout", "100ms");
    const client = visitor(proxy);
    await client.until(POEM);
    proxy.signal("SIGTERM");
    expect((await client.visit).end).not.toBe("fin");
    expect(await proxy.exited).toBe(1);
  });

  test("admits no more clients than --max-clients-per-ip, and resets one that does not read", async () => {
    await using upstream = new ScriptedPeer(
      (connection) => void connection.sendAll(Buffer.alloc(12_000_000)),
    );
    const limits = ["--max-clients-per-ip", "1", "--send-timeout", "200ms"];
    await using proxy = await proxyBefore(upstream, ...limits);
    const stuck = new Visitor(proxy.port, (socket) => socket.pause(), identity);
    await upstream.connection();
    expect((await visitor(proxy).visit).end).not.toBe("fin");
    await proxy.until((line) => line.includes("it read nothing for too long"));
    stuck.resume();
    expect((await stuck.visit).end).toBe("reset");
    expect((await visitor(proxy).visit).bytes).toHaveLength(12_000_000);
  });
});
