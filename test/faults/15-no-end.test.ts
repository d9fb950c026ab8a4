import { test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { POEM } from "../support/poem.ts";

test("Proxy treats an answer without an end as a failure, at the idle timeout, even if all of it arrived", () =>
  expectFailure({ reason: "idle_timeout", received: POEM.length }, async (upstream, stage) => {
    await stage.hears(upstream, POEM);
    stage.clock.advance(30_000);
  }));
