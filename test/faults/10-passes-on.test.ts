import { expect, test } from "bun:test";
import { succeed } from "../../src/deferred/mod.ts";
import type { Protocol } from "../../src/net/transport.ts";
import { collect } from "../../src/protocols/one-shot.ts";
import { DEFAULT_TIMEOUTS, trip } from "../../src/services/fetch/trip.ts";
import { FakeTransport } from "../support/fake-transport.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { failureOf, unfired } from "../../src/deferred/testing.ts";

test("trip() does not mistake the pause of a slow reader for silence of the upstream", () => {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  let reader: Protocol | undefined;
  const fetched = trip(
    { host: "192.0.2.2", port: 1 },
    {
      timeouts: DEFAULT_TIMEOUTS,
      clock,
      sink: collect(100),
      connect: (_address, protocol) => {
        reader = protocol;
        protocol.connectionMade?.(transport);
        return succeed(transport);
      },
      protocolFailed: () => {},
    },
  );
  reader?.dataReceived?.(Buffer.from("half a "));
  transport.pauseReading();
  clock.advance(60_000);
  unfired(fetched);
  transport.resumeReading();
  clock.advance(30_000);
  expect(failureOf(fetched)).toEqual(expect.objectContaining({ reason: "idle_timeout" }));
  expect([transport.end, clock.pending]).toEqual(["abort", 0]);
});
