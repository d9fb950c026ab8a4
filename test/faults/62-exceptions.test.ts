import { describe, expect, test } from "bun:test";
import type { Events } from "../../src/observe/events.ts";
import { nothing, recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";

/** Where an exception is thrown: in the observer of this event. */
const HOOKS: readonly (keyof Events)[] = [
  "waiting",
  "visited",
  "fetching",
  "connected",
  "fetched",
  "fetchFailed",
  "turnedAway",
];

test("Proxy, with an exception at the event notKept, sends every client the answer nevertheless, and reports it", async () => {
  await using stage = await ProxyStage.open(undefined, { ttl: 0 });
  stage.log.throwAt = "notKept";
  const visitors = await stage.visitors(3);
  recite(await stage.upstream.connection());
  for (const visitor of visitors) expect(await visitor.visit).toEqual(whole);
  expect(stage.log.count("bug")).toBe(1);
});

describe.each(HOOKS)("Proxy, with an exception at the event %s,", (what) => {
  test.each([
    ["answers", ""],
    ["resets", ""],
    ["answers", ", streaming"],
    ["resets", ", streaming"],
  ] as const)(
    "ends every client, tells of it, and serves the next, when the upstream %s%s",
    async (how, mode) => {
      let isMended = false;
      const script = how === "answers" ? recite : (upstream: PeerConnection) => upstream.reset();
      await using stage = await ProxyStage.open((upstream) => isMended && recite(upstream), {
        maxClients: 3,
        stream: mode !== "",
      });
      stage.log.throwAt = what;
      const leaver = new Visitor(stage.port);
      const visitors = Array.from({ length: 3 }, () => new Visitor(stage.port)); // One over the limit.
      await stage.log.until("coalesced");
      await leaver.vanish();
      void stage.upstream.connection().then(script);
      for (const visitor of visitors) expect([whole, nothing]).toContainEqual(await visitor.visit);
      isMended = true;
      for (let i = 0; i < 2; i++) expect([whole, nothing]).toContainEqual(await stage.visit());
      expect(await stage.visit()).toEqual(whole);
      expect(stage.log.count("bug") > 0).toBe(stage.log.throwAt === undefined);
    },
  );
});
