import { describe, expect, test } from "bun:test";
import type { Kept } from "../../src/cache/memory-store.ts";
import { Budget } from "../../src/services/budget.ts";
import { Unread } from "../../src/services/unread.ts";
import { FakeTransport } from "../support/fake-transport.ts";

/** A budget of 100 bytes, of which 75 are for everything besides entries. */
function setUp() {
  const budget = new Budget({ limit: 100, maxAnswer: 30 });
  const unread = new Unread(budget);
  /** A client that does not read an answer of that many bytes. */
  const hold = (bytes: number, answer: Kept = {}) => {
    const client = new FakeTransport();
    unread.hold(client, answer, bytes);
    return client;
  };
  return { budget, unread, hold };
}

describe("Unread", () => {
  test("counts an answer once, however many clients do not read it, until the last has gone", () => {
    const { budget, unread, hold } = setUp();
    const answer: Kept = {};
    const clients = [hold(30, answer), hold(30, answer)];
    expect(budget.used).toBe(30);
    unread.release(clients[0] as FakeTransport);
    expect(budget.used).toBe(30);
    unread.release(clients[1] as FakeTransport);
    unread.release(clients[1] as FakeTransport);
    expect(budget.used).toBe(0);
  });

  test("does not count an entry until it has been dropped", () => {
    const { budget, unread, hold } = setUp();
    const answer: Kept = { isKept: true };
    hold(30, answer);
    expect(budget.used).toBe(0);
    answer.isKept = false;
    unread.dropped(answer, 30);
    unread.dropped(answer, 30);
    expect(budget.used).toBe(30);
  });

  test("resets the client that stalled longest if there is no room, and no other", () => {
    const { budget, unread, hold } = setUp();
    const [first, second, third] = [hold(25), hold(25), hold(25)];
    unread.advanced(first);
    const fourth = hold(25);
    const endings = [first, second, third, fourth].map((client) => client?.ending);
    expect(endings).toEqual([undefined, "client/data/memory", undefined, undefined]);
    expect(budget.used).toBe(75);
  });

  test("does not reset clients whose answer is an entry: that would free no memory", () => {
    const { hold } = setUp();
    const reader = hold(90, { isKept: true });
    const stuck = hold(40);
    hold(40);
    expect([reader.ending, stuck.ending]).toEqual([undefined, "client/data/memory"]);
  });

  test("resets all clients that hold an answer that has to go", () => {
    const { budget, hold } = setUp();
    const answer: Kept = {};
    const clients = [hold(50, answer), hold(50, answer)];
    hold(50);
    expect(clients.map(({ ending }) => ending)).toEqual(["client/data/memory", "client/data/memory"]);
    expect(budget.used).toBe(50);
  });

  test("lets one answer be sent in any case, unless it can never fit", () => {
    const { budget, hold } = setUp();
    const large = hold(120);
    expect(large.ending).toBeUndefined();
    budget.add(20);
    expect(large.ending).toBe("client/data/memory");
    expect(budget.used).toBe(20);
  });

  test("gives way when others need more than the limit", () => {
    const { budget, hold } = setUp();
    const clients = [hold(35), hold(35)];
    budget.add(25);
    expect(clients.map(({ ending }) => ending)).toEqual([undefined, undefined]);
    budget.add(25);
    expect(clients.map(({ ending }) => ending)).toEqual(["client/data/memory", undefined]);
  });
});
