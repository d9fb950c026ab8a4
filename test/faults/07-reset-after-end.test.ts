import { expect, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";

test.each(SOCKETS)(
  "Proxy treats an upstream's reset after its FIN, over %s, as a success, and keeps the answer",
  async (sockets) => {
    await using stage = await ProxyStage.open(undefined, { clientsBy: sockets, upstreamBy: sockets });
    const [visitor] = await stage.visitors(1);
    const upstream = await stage.upstream.connection();
    recite(upstream);
    await stage.log.until("fetched");
    upstream.reset();
    expect(await visitor?.visit).toEqual(whole);
    expect(await stage.visit()).toEqual(whole);
    expect(stage.upstream.connections).toHaveLength(1);
  },
);
