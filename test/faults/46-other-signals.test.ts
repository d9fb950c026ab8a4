import { expect, setDefaultTimeout, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(30_000);

test.each(["SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const)(
  "poetry proxy ignores %s",
  async (signal) => {
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
  },
);
