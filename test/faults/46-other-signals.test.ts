import { constants } from "node:os";
import { expect, setDefaultTimeout, test } from "bun:test";
import { POEM, recite, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

test.each(["SIGPIPE", "SIGUSR1", "SIGALRM"] as const)("poetry proxy ignores %s", async (signal) => {
  await using upstream = new ScriptedPeer();
  await using proxy = await RunningService.start("proxy", `${upstream.port}`);
  const waiting = visit(proxy.port);
  const connection = await upstream.connection();
  proxy.signal(signal);
  recite(connection);
  expect(await waiting).toEqual(whole);
  expect(await visit(proxy.port)).toEqual(whole);
  proxy.signal("SIGTERM");
  expect(await proxy.exited).toBe(0);
});

test.each(["SIGABRT", "SIGXCPU", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGSYS"] as const)(
  "poetry proxy --stream, ended by %s, resets who has only half",
  async (signal) => {
    const half = POEM.slice(0, 30);
    await using upstream = new ScriptedPeer((connection) => connection.send(half));
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, "--stream");
    const visitor = new Visitor(proxy.port);
    await visitor.until(half);
    proxy.signal(signal);
    expect(await visitor.visit).toEqual({ bytes: Buffer.from(half), end: "reset" });
    expect(await proxy.exited).toBe(128 + constants.signals[signal]);
  },
);

test("poetry proxy stops waiting for clients when SIGABRT comes while it shuts down", async () => {
  await using upstream = new ScriptedPeer();
  await using proxy = await RunningService.start("proxy", `${upstream.port}`);
  const waiting = visit(proxy.port);
  await upstream.connection();
  proxy.signal("SIGTERM");
  await proxy.until((line) => line.startsWith("Shutting down "));
  proxy.signal("SIGABRT");
  expect((await waiting).end).toBe("reset");
  expect(await proxy.exited).toBe(128 + constants.signals.SIGABRT);
});
