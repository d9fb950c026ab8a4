import { expect, test } from "bun:test";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";

const POEM = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));

test.each(SOCKETS)(
  "Proxy joins an answer that arrives byte by byte over %s, and sends it in one piece",
  async (sockets) => {
    await using stage = await ProxyStage.open(undefined, { clientsBy: sockets, upstreamBy: sockets });
    const [visitor] = await stage.visitors(1);
    await stage.log.until("connected");
    const upstream = await stage.upstream.connection();
    for (let i = 0; i < POEM.length; i++) {
      await stage.hears(upstream, POEM.subarray(i, i + 1));
      stage.clock.advance(10);
    }
    upstream.fin();
    expect(await visitor?.visit).toEqual({ bytes: POEM, end: "fin" });
    expect(visitor?.pieces).toBe(1);
  },
);
