import { expect, test } from "bun:test";
import { Fetcher } from "../../../src/services/fetch/fetch.ts";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/proxy.ts";
import { FetchError } from "../../../src/services/fetch/trip.ts";
import { outcome } from "../../support/outcome.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";

test("Fetcher.fetch() cancelled in the pause before another attempt fails as it does at any other time", async () => {
  await using stage = await ProxyStage.open();
  const fetcher = new Fetcher({
    ...PROXY_DEFAULTS,
    upstream: stage.upstream.address,
    clock: stage.clock,
    observer: stage.log.observe,
  });
  const fetched = fetcher.fetch({ bytes: new Uint8Array(0), isTerminated: true });
  await stage.log.until("connected");
  const pausing = stage.clock.nextCall();
  (await stage.upstream.connection()).reset();
  await pausing;
  fetched.cancel();
  expect(outcome(fetched)).toEqual({ error: expect.any(FetchError) });
  expect(stage.failures).toEqual([{ reason: "cancelled", received: 0 }]);
});
