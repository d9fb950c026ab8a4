import { expect, test } from "bun:test";
import { PROXY_DEFAULTS } from "../../src/services/proxy/options.ts";
import { answered } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy accepts an answer that comes before the request", async () => {
  const requests = { ...PROXY_DEFAULTS.requests, framing: "line" } as const;
  await using stage = await ProxyStage.open(
    (upstream) => {
      upstream.send("Hello. ");
      upstream.onData = () => upstream.send(`<${upstream.received.trim()}>`).fin();
    },
    { requests },
  );
  const visitor = await stage.asker("ecstasy\n");
  expect(await visitor.visit).toEqual(answered("Hello. <ecstasy>"));
});
