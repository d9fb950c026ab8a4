import { describe, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { SOCKETS } from "../support/sockets.ts";

describe.each(SOCKETS)("Over %s,", (sockets) => {
  const options = { clientsBy: sockets, upstreamBy: sockets };

  test("Proxy gives an upstream that takes the connection and says nothing the first-byte timeout", () =>
    expectFailure(
      { reason: "first_byte_timeout", received: 0 },
      (_upstream, stage) => stage.clock.advance(30_000),
      options,
    ));

  test("Proxy gives an upstream that falls silent in the middle the idle timeout", () =>
    expectFailure(
      { reason: "idle_timeout", received: 10 },
      async (upstream, stage) => {
        await stage.hears(upstream, "half a poem".slice(0, 10));
        stage.clock.advance(30_000);
      },
      options,
    ));
});
