import { test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { SOCKETS } from "../support/sockets.ts";

test.each(SOCKETS)(
  "Proxy ends a fetch over %s at its total timeout, however regularly bytes arrive",
  (sockets) =>
    expectFailure(
      { reason: "total_timeout", received: 21 },
      async (upstream, stage) => {
        for (let n = 0; n < 21; n++) {
          await stage.hears(upstream, "x");
          stage.clock.advance(29_000);
        }
      },
      { clientsBy: sockets, upstreamBy: sockets },
    ),
);
