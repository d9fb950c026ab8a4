import { availableParallelism } from "node:os";
import { afterEach, beforeEach, describe, expect, spyOn, test, type Mock } from "bun:test";
import { CancelledError } from "../../../src/deferred/mod.ts";
import { lookUp } from "../../../src/net/system/names.ts";
import { nextTurn } from "../../support/next-turn.ts";

type Found = Awaited<ReturnType<typeof Bun.dns.lookup>>;

let system: Mock<typeof Bun.dns.lookup>;
/** The lookups that the system was asked for, in order. */
let asked: { host: string; say: (...addresses: string[]) => void; fail: (error: Error) => void }[];

beforeEach(() => {
  asked = [];
  system = spyOn(Bun.dns, "lookup");
  system.mockImplementation((host) => {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const say = (...addresses: string[]) =>
      resolve(addresses.map((address) => ({ address, family: 4, ttl: 0 })));
    asked.push({ host, say, fail: reject });
    return promise;
  });
});
afterEach(() => system.mockRestore());

describe("lookUp()", () => {
  test("returns the addresses in the order of the system's resolver, each once", async () => {
    const found = lookUp("poems.test");
    asked[0]?.say("127.0.0.7", "::1", "127.0.0.7", "127.0.0.5");
    expect(await found).toEqual(["127.0.0.7", "::1", "127.0.0.5"]);
    expect(system).toHaveBeenCalledWith("poems.test", { backend: "system" });
  });

  test("asks once for concurrent look-ups, and again for the next", async () => {
    const both = [lookUp("poems.test"), lookUp("poems.test")];
    expect(asked).toHaveLength(1);
    asked[0]?.say("127.0.0.1");
    for (const found of both) expect(await found).toEqual(["127.0.0.1"]);
    const next = lookUp("poems.test");
    expect(asked).toHaveLength(2);
    asked[1]?.say("127.0.0.2");
    expect(await next).toEqual(["127.0.0.2"]);
  });

  test("fails for all concurrent look-ups, except cancelled ones", async () => {
    const [one, other] = [lookUp("poems.test"), lookUp("poems.test")];
    one.cancel();
    asked[0]?.fail(new Error("no such host"));
    expect(await one.addErrback((failure) => failure.check(CancelledError))).toBe(CancelledError);
    expect(await other.addErrback((failure) => failure.getErrorMessage())).toBe("no such host");
  });

  test("leaves one of the threads for files, however many names are looked up", async () => {
    const most = Math.max(1, availableParallelism() - 1);
    const hosts = Array.from({ length: most + 1 }, (_, number) => `poems${number}.test`);
    const found = hosts.map((host) => lookUp(host));
    expect(asked).toHaveLength(most);
    asked[0]?.say("127.0.0.1");
    expect(await found[0]).toEqual(["127.0.0.1"]);
    await nextTurn();
    expect(asked.map(({ host }) => host)).toEqual(hosts);
    for (const { say } of asked) say("127.0.0.1");
    for (const each of found) expect(await each).toEqual(["127.0.0.1"]);
  });
});
