import { describe, expect, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { certificates } from "../support/own-certificates.ts";
import { answered, nothing, recite } from "../support/poem.ts";
import { poetry, RunningService } from "../support/program.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { stageTls } from "../support/stage-tls.ts";
import { Visitor } from "../support/visitor.ts";

const pki = certificates();
const { certificate, key } = pki.issue("localhost");
const TLS = { cert: certificate.text, key: key.text };

/** A fatal unexpected_message alert, as OpenSSL sends it. */
const ALERT = Buffer.from("1503010002020a", "hex");

describe.skipIf(stageTls !== undefined)("Proxy without TLS, its upstream speaking TLS,", () => {
  test("treats an alert as a failure, and keeps nothing", () =>
    expectFailure({ reason: "tls", received: ALERT.length }, (upstream) => upstream.send(ALERT).fin()));

  test("serves an answer that only begins like an alert", async () => {
    const answer = `${ALERT.toString("latin1")}x`;
    await using stage = await ProxyStage.open((upstream) =>
      upstream.send(Buffer.from(answer, "latin1")).fin(),
    );
    expect(await stage.visit()).toEqual(answered(answer));
  });

  test("never passes TLS bytes of the upstream to a client, and names the reason", async () => {
    await using upstream = new ScriptedPeer(recite, undefined, TLS);
    const flags = ["--request", "line", "--retries", "0"];
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, ...flags);
    const client = new Visitor(proxy.port, (socket) => socket.write("science\n"));
    expect(await client.visit).toEqual(nothing);
    await proxy.until((line) => /: (it expects TLS|the answer was empty|connection reset)/.test(line));
  });
});

describe("poetry get without --tls from a server that speaks TLS", () => {
  test("fails: exit code 1", async () => {
    await using server = new ScriptedPeer(
      (connection) => (connection.onData = () => connection.send(ALERT).fin()),
    );
    const { code, stderr } = await poetry("get", `${server.port}`, "--request", "science");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("it expects TLS") });
  });
});

describe("Proxy with TLS", () => {
  test("resets clients without TLS", async () => {
    await using upstream = new ScriptedPeer(recite);
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, ...pki.flags());
    const { bytes, end } = await new Visitor(proxy.port, (socket) => socket.write("science\n")).visit;
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThanOrEqual(ALERT.length);
    expect(upstream.connections).toHaveLength(0);
  });

  test("never passes on the answer of an upstream without TLS that it connects to with TLS", async () => {
    await using origin = new ScriptedPeer(recite);
    await using upstream = await RunningService.start("proxy", `${origin.port}`, ...pki.flags());
    const flags = ["--request", "line", "--retries", "0"];
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, ...flags);
    const client = new Visitor(proxy.port, (socket) => socket.write("science\n"));
    expect(await client.visit).toEqual(nothing);
  });
});
