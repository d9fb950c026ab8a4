import { expect, test } from "bun:test";
import { answered } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { stageTls } from "../support/stage-tls.ts";

/** An answer that identifies its fetch, too long for one segment. */
const version = (n: number) => `${n}`.repeat(50_000);

test.each([
  ["waiting for the whole", "TCP", false],
  ["reading along", "TCP", true],
  ...(stageTls ? [] : [["waiting for the whole", "Unix", false] as const]),
] as const)(
  "Proxy gives each of a thousand clients, %s over %s, one version, though answers change",
  async (_how, sockets, stream) => {
    await using stage = await ProxyStage.open(undefined, {
      ttl: 1000,
      stream,
      clientsBy: sockets,
      upstreamBy: sockets,
    });
    for (let n = 1; n <= 5; n++) {
      const early = await stage.visitors(100);
      const connection = await stage.upstream.connection(n - 1);
      connection.send(version(n).slice(0, 25_000));
      const late = await stage.visitors(100);
      connection.send(version(n).slice(25_000)).fin();
      await stage.log.until("fetched", n);
      while (stage.clock.turnsDue > 0) stage.clock.turn(); // More than are released in one turn.
      for (const visitor of [...early, ...late]) expect(await visitor.visit).toEqual(answered(version(n)));
      stage.clock.advance(1000);
    }
    expect(stage.upstream.connections).toHaveLength(5);
  },
);
