import { describe, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { SOCKETS } from "../support/sockets.ts";

describe.each(SOCKETS)("Over %s,", (sockets) => {
  const options = { clientsBy: sockets, upstreamBy: sockets };

  test("Proxy waits for an upstream that accepts and sends nothing until the first-byte timeout", () =>
    expectFailure(
      { reason: "first_byte_timeout", received: 0 },
      (_upstream, stage) => stage.clock.advance(30_000),
      options,
    ));

  test("Proxy waits for an upstream that falls silent in mid-answer until the idle timeout", () =>
    expectFailure(
      { reason: "idle_timeout", received: 10 },
      async (upstream, stage) => {
        await stage.hears(upstream, "half a poem".slice(0, 10));
        stage.clock.advance(30_000);
      },
      options,
    ));
});
