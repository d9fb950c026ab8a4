import { networkInterfaces } from "node:os";
import { expect, test } from "bun:test";
import { nextTurn } from "../support/next-turn.ts";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((found) =>
  found?.some(({ address }) => address === "::1"),
);

test.skipIf(!hasIpv6)("Proxy limits each address to its share: others are still admitted", async () => {
  await using stage = await ProxyStage.open(undefined, {
    host: "::",
    maxClientsPerIp: 2,
  });
  const greedy = await stage.visitors(2);
  for (let i = 0; i < 10; i++) expect(await stage.visit()).toEqual(nothing);
  expect(stage.log.all("turnedAway").map(({ ending }) => ending)).toEqual(
    Array(10).fill("proxy/accept/per_ip"),
  );
  const other = new Visitor({ host: "::1", port: stage.port });
  await stage.log.until("coalesced", 2);
  recite(await stage.upstream.connection());
  for (const visitor of [...greedy, other]) expect(await visitor.visit).toEqual(whole);
  while (stage.gauges.clients > 0) await nextTurn();
  expect(await stage.visit()).toEqual(whole);
});
