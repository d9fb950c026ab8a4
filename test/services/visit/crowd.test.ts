import { expect, test } from "bun:test";
import { CrowdControl } from "../../../src/services/visit/crowd.ts";

test("CrowdControl.enter() lets in as many as may be here, and the next when one has left", () => {
  const crowd = new CrowdControl({ maxClients: 2, maxClientsPerIp: Infinity });
  expect([crowd.enter("a"), crowd.enter("a"), crowd.enter("b")]).toEqual([undefined, undefined, "limit"]);
  crowd.leave("a");
  expect(crowd.enter("b")).toBeUndefined();
});

test("CrowdControl.enter() lets no address take all the room", () => {
  const crowd = new CrowdControl({ maxClients: 10, maxClientsPerIp: 2 });
  const tried = ["a", "a", "a", "b", "__proto__"].map((host) => crowd.enter(host));
  expect(tried).toEqual([undefined, undefined, "per_ip", undefined, undefined]);
  crowd.leave("a");
  expect(crowd.enter("a")).toBeUndefined();
});
