import { describe, expect, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { answered } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";
import { stageTls } from "../support/stage-tls.ts";

describe.each(SOCKETS)("Over %s,", (sockets) => {
  const options = { clientsBy: sockets, upstreamBy: sockets };

  test("Proxy treats an empty answer as a failure", () =>
    expectFailure({ reason: "empty", received: 0 }, (upstream) => upstream.fin(), options));

  test("Proxy serves and keeps an empty answer if that is accepted", async () => {
    await using stage = await ProxyStage.open((upstream) => upstream.fin(), {
      ...options,
      acceptsEmpty: true,
    });
    expect(await stage.visit()).toEqual(answered(""));
    expect(await stage.visit()).toEqual(answered(""));
    expect(stage.upstream.connections).toHaveLength(1);
  });
});

test.skipIf(stageTls !== undefined)(
  "Proxy warns about empty answers on a Unix socket, where they look like failures, but nowhere else",
  async () => {
    for (const [clientsBy, acceptsEmpty, warnings] of [
      ["Unix", true, 1],
      ["Unix", false, 0],
      ["TCP", true, 0],
    ] as const) {
      await using stage = await ProxyStage.open(undefined, { clientsBy, acceptsEmpty });
      expect(stage.log.count("emptyMeansTwo")).toBe(warnings);
    }
  },
);
