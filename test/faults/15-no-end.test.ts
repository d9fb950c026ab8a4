import { test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { POEM } from "../support/poem.ts";

test("Proxy takes an answer that is not ended for a failure, at the idle timeout, though all of it came", () =>
  expectFailure({ reason: "idle_timeout", received: POEM.length }, async (upstream, stage) => {
    await stage.hears(upstream, POEM);
    stage.clock.advance(30_000);
  }));
