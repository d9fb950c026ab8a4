import { test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";

test("Proxy ends a fetch at its total timeout, however regularly a byte comes", () =>
  expectFailure({ reason: "total_timeout", received: 21 }, async (upstream, stage) => {
    for (let n = 0; n < 21; n++) {
      await stage.hears(upstream, "x");
      stage.clock.advance(29_000);
    }
  }));
