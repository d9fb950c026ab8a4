import { describe, expect, test } from "bun:test";
import { expectFailure } from "../support/failing-fetch.ts";
import { POEM, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { SOCKETS } from "../support/sockets.ts";

describe.each(SOCKETS)("Over %s,", (sockets) => {
  const options = { clientsBy: sockets, upstreamBy: sockets, maxAnswer: POEM.length };

  test("Proxy accepts an answer of exactly --max-answer bytes", async () => {
    await using stage = await ProxyStage.open(recite, options);
    expect(await stage.visit()).toEqual(whole);
  });

  test("Proxy ends a fetch at the first byte beyond --max-answer", () =>
    expectFailure(
      { reason: "too_large", received: POEM.length + 1 },
      (upstream) => void upstream.send(`${POEM}!`),
      options,
    ));
});
