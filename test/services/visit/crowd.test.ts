import { expect, test } from "bun:test";
import { ClientRoom } from "../../../src/net/system/descriptors.ts";
import { Crowd } from "../../../src/services/visit/crowd.ts";
import { FakeTransport } from "../../support/fake-transport.ts";

/** A client from this host. */
const from = (host: string) => Object.assign(new FakeTransport(), { peer: { host, port: 4321 } });

test("Crowd.admit() admits clients up to the limit, and the next when one has left", () => {
  const crowd = new Crowd({ maxClients: 2 });
  const tried = ["a", "a", "b"].map((host) => crowd.admit(from(host)));
  expect(tried).toEqual([undefined, undefined, "proxy/accept/limit"]);
  crowd.left(from("a"));
  expect(crowd.admit(from("b"))).toBeUndefined();
});

test("Crowd.admit() limits the clients per address", () => {
  const crowd = new Crowd({ maxClients: 10, maxClientsPerIp: 2 });
  const tried = ["a", "a", "a", "b", "__proto__"].map((host) => crowd.admit(from(host)));
  expect(tried).toEqual([undefined, undefined, "proxy/accept/per_ip", undefined, undefined]);
  crowd.left(from("a"));
  expect(crowd.admit(from("a"))).toBeUndefined();
});

test("Crowd.admit() admits no more than there is room for, over all crowds of a process", () => {
  const room = new ClientRoom(2);
  const [one, other] = [new Crowd({}, room), new Crowd({ maxClientsPerIp: 5 }, room)];
  expect([
    one.admit(from("a")),
    other.admit(from("a")),
    one.admit(from("a")),
    other.admit(from("a")),
  ]).toEqual([undefined, undefined, "proxy/accept/limit", "proxy/accept/limit"]);
  other.left(from("a"));
  expect([one.admit(from("b")), other.admit(from("b"))]).toEqual([undefined, "proxy/accept/limit"]);
});
