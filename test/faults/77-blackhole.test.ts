import { expect, test } from "bun:test";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { nextTurn } from "../support/next-turn.ts";
import { openSockets } from "../support/open-sockets.ts";
import { nothing, POEM, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const ASKERS = 64;
const ROUNDS = 4;

test.skipIf(!canBeDeaf)(
  "Proxy whose upstream drops all SYNs keeps no descriptor for 64 clients, says why, and connects once when it is back",
  async () => {
    using deaf = new DeafPort();
    const upstream = { host: "127.0.0.1", port: deaf.port };
    await using stage = await ProxyStage.open(undefined, {
      upstream,
      connectTimeout: 5000,
      requests: { framing: "line", requestTimeout: 10_000, folds: [] },
    });
    const atRest = openSockets().size;
    for (let round = 1; round <= ROUNDS; round++) {
      const askers = Array.from({ length: ASKERS }, (_, number) => stage.asker(`poem ${number}\n`));
      await stage.log.until("fetching", round * ASKERS);
      stage.clock.advance(5000);
      for (const asker of askers) expect(await (await asker).visit).toEqual(nothing);
      expect(stage.failures).toHaveLength(round * ASKERS);
      while (openSockets().size > atRest) await nextTurn();
    }
    expect(new Set(stage.failures.map(({ reason }) => reason))).toEqual(new Set(["connect_timeout"]));

    deaf.hear();
    const asker = await stage.asker("poem\n");
    await deaf.answer(POEM);
    expect(await asker.visit).toEqual(whole);
    expect(deaf.hasCaller()).toBe(false);
  },
);
