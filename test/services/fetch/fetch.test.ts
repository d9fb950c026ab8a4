import { expect, test } from "bun:test";
import { CancelledError } from "../../../src/deferred/mod.ts";
import { fetchingFrom } from "../../../src/services/fetch/fetch.ts";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/options.ts";
import { outcome } from "../../support/outcome.ts";
import { roomy } from "../../support/roomy.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";

test("fetchingFrom(): a fetch cancelled in the pause before another attempt fails as it does at any other time", async () => {
  await using stage = await ProxyStage.open();
  const { fetch } = fetchingFrom(
    { ...PROXY_DEFAULTS.fetch, upstreams: [stage.upstream.address] },
    { clock: stage.clock, observer: stage.log.observe, answers: PROXY_DEFAULTS.answers, memory: roomy() },
  );
  const fetched = fetch({ bytes: new Uint8Array(0), isTerminated: true }, { cause: "miss", newerThan: 0 });
  await stage.log.until("connected");
  const pausing = stage.clock.nextCall();
  (await stage.upstream.connection()).reset();
  await pausing;
  fetched.cancel();
  expect(outcome(fetched)).toEqual({ error: expect.any(CancelledError) });
  expect(stage.failures).toEqual([{ reason: "cancelled", received: 0 }]);
});
