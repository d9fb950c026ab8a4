import { expect, test } from "bun:test";
import { CancelledError } from "../../../src/deferred/mod.ts";
import { fetchingFrom } from "../../../src/services/fetch/fetch.ts";
import { PROXY_DEFAULTS } from "../../../src/services/proxy/options.ts";
import { failureOf } from "../../../src/deferred/testing.ts";
import { roomy } from "../../support/roomy.ts";
import { recite } from "../../support/poem.ts";
import { ProxyStage } from "../../support/proxy-stage.ts";
import { Recorder } from "../../support/recorder.ts";

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
  expect(failureOf(fetched)).toEqual(expect.any(CancelledError));
  expect(stage.failures).toEqual([{ reason: "cancelled", received: 0 }]);
});

test.each([
  ["a text too long for a string", 2 ** 31 + 1, { test: (text: string) => text.length > 0 }],
  [
    "a pattern with a bug",
    1,
    {
      test: () => {
        throw new TypeError("x is undefined");
      },
    },
  ],
])("fetchingFrom(): a bug after a whole fetch is told: %s", async (_, length, noStore) => {
  await using stage = await ProxyStage.open(recite);
  const log = new Recorder();
  const whole = new Uint8Array(length); // Takes no memory until it is touched.
  const { fetch } = fetchingFrom(
    {
      ...PROXY_DEFAULTS.fetch,
      upstreams: [stage.upstream.address],
      sink: () => ({ take: () => {}, end: () => whole }),
    },
    {
      clock: stage.clock,
      observer: log.observe,
      answers: { ...PROXY_DEFAULTS.answers, noStore, patternLimit: Infinity },
      memory: roomy(),
    },
  );
  const fetched = fetch({ bytes: new Uint8Array(0), isTerminated: true }, { cause: "miss", newerThan: 0 });
  await fetched.addErrback(() => {});
  expect(log.count("fetched")).toBe(1);
  expect(log.all("bug")).toEqual([expect.any(Error)]);
});
