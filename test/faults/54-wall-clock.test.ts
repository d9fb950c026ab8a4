import { afterEach, expect, setSystemTime, test } from "bun:test";
import { systemClock } from "../../src/time/clock.ts";
import { recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const HOUR_MS = 3_600_000;

afterEach(() => void setSystemTime());

test.each([
  ["an hour ahead", HOUR_MS],
  ["an hour back", -HOUR_MS],
])("Proxy's answers are no older and no younger when the wall clock is set %s", async (_where, step) => {
  await using stage = await ProxyStage.open(recite, { clock: systemClock, ttl: HOUR_MS / 2 });
  expect(await stage.visit()).toEqual(whole);
  setSystemTime(Date.now() + step);
  expect(await stage.visit()).toEqual(whole);
  expect(stage.upstream.connections).toHaveLength(1);
});
