import { describe, expect, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { answered, POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { stageTls } from "../support/stage-tls.ts";

const HALF = POEM.slice(0, 40);

describe.skipIf(stageTls !== undefined)("Proxy on a Unix socket, with an upstream that breaks off", () => {
  test.each([0, 1, POEM.length - 1])(
    "after %d bytes, closes its clients without a byte, and keeps nothing",
    (received) =>
      expectFailure(
        { reason: "reset", received },
        async (upstream, stage) => {
          if (received > 0) await stage.hears(upstream, POEM.slice(0, received));
          upstream.reset();
        },
        { clientsBy: "Unix" },
      ),
  );

  test("reports clients as closed, not as reset", async () => {
    await using stage = await ProxyStage.open((upstream) => upstream.reset(), { clientsBy: "Unix" });
    expect(await stage.visit()).toEqual(answered(""));
    await stage.log.until("visited");
    expect(stage.log.all("visited")).toMatchObject([
      { ending: "upstream/data/reset", isReset: false, bytesOut: 0, peer: { host: "unix" } },
    ]);
  });
});

describe.skipIf(stageTls !== undefined)(
  "Proxy, with an upstream that breaks off on a Unix socket, which has no reset,",
  () => {
    test("treats an answer without a byte as a failure", () =>
      expectFailure({ reason: "empty", received: 0 }, (upstream) => upstream.reset(), {
        clientsBy: "Unix",
        upstreamBy: "Unix",
      }));

    test("cannot tell half an answer from a complete one", async () => {
      await using stage = await ProxyStage.open((upstream) => upstream.send(HALF).reset(), {
        upstreamBy: "Unix",
      });
      expect(await stage.visit()).toEqual(answered(HALF));
      expect(stage.gauges.entries).toBe(1);
    });

    test("treats half an answer as a failure if --complete tells", () =>
      expectFailure(
        { reason: "incomplete", received: HALF.length },
        async (upstream, stage) => {
          await stage.hears(upstream, HALF);
          upstream.reset();
        },
        { upstreamBy: "Unix", complete: /veins\n$/ },
      ));

    test("notices it nevertheless if the upstream leaves the request unread", async () => {
      const requests = { framing: "line", requestTimeout: 10_000, folds: [] } as const;
      await using stage = await ProxyStage.open((upstream) => upstream.stopReading(), {
        upstreamBy: "Unix",
        requests,
      });
      const asker = await stage.asker("science\n");
      await stage.log.until("connected");
      (await stage.upstream.connection()).send(HALF).reset();
      expect(await asker.visit).toEqual(stage.nothing);
      expect(stage.failures).toMatchObject([{ reason: "reset" }]);
      stage.upstream.script = (upstream) => (upstream.onData = () => recite(upstream));
      expect(await (await stage.asker("science\n")).visit).toEqual(whole);
    });
  },
);
