import { describe, expect, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { answered } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";

describe.each(SOCKETS)("Over %s,", (sockets) => {
  const options = { clientsBy: sockets, upstreamBy: sockets };

  test("Proxy cannot tell half an answer with a clean end from a complete one", async () => {
    await using stage = await ProxyStage.open((upstream) => upstream.send("half a po").fin(), options);
    expect(await stage.visit()).toEqual(answered("half a po"));
    expect(stage.gauges.entries).toBe(1);
  });

  test("Proxy treats half an answer as a failure if --complete tells", () =>
    expectFailure(
      { reason: "incomplete", received: 9 },
      async (upstream, stage) => {
        await stage.hears(upstream, "half a po");
        upstream.fin();
      },
      { ...options, complete: /veins\n$/ },
    ));
});
