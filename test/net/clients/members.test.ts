import { edenGC, fullGC, heapStats } from "bun:jsc";
import { describe, expect, test } from "bun:test";
import { Members, NOWHERE, type Member } from "../../../src/net/clients/members.ts";
import { Deadlines } from "../../../src/time/deadlines.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

interface Named extends Member {
  readonly name: string;
}

function named(name: string): Named {
  return { name, place: NOWHERE };
}

function namesIn(members: Members<Named>): string[] {
  return Array.from(members, ({ name }) => name).toSorted();
}

describe("Members", () => {
  test("have those that were added and not deleted, in whatever order they go", () => {
    const all = ["a", "b", "c", "d"].map(named);
    const [a, b, c, d] = all as [Named, Named, Named, Named];
    const members = new Members<Named>();
    for (const each of all) members.add(each);
    expect(members.delete(b)).toBe(true);
    expect(namesIn(members)).toEqual(["a", "c", "d"]);
    expect(members.delete(d)).toBe(true);
    expect(namesIn(members)).toEqual(["a", "c"]);
    members.add(b);
    expect(members.delete(a)).toBe(true);
    expect(members.delete(c)).toBe(true);
    expect(namesIn(members)).toEqual(["b"]);
    expect(members.size).toBe(1);
  });

  test("say that one is not there, before it was added and after it was deleted", () => {
    const members = new Members<Named>();
    const one = named("one");
    expect(members.delete(one)).toBe(false);
    members.add(one);
    expect(members.delete(one)).toBe(true);
    expect(members.delete(one)).toBe(false);
  });

  test("are all visited, though each goes when it is visited", () => {
    const members = new Members<Named>();
    for (const name of ["a", "b", "c"]) members.add(named(name));
    const visited: string[] = [];
    for (const each of members) {
      visited.push(each.name);
      members.delete(each);
    }
    expect(visited.toSorted()).toEqual(["a", "b", "c"]);
    expect(members.size).toBe(0);
  });
});

/** Objects that survive a collection of young ones, of 20,000 of which 64 are there at a time. */
function survivors(join: (one: Named) => void, leave: (one: Named) => void): number {
  const present: Named[] = [];
  const come = (count: number) => {
    for (let i = 0; i < count; i++) {
      const one = named("one");
      join(one);
      present.push(one);
      if (present.length > 64) leave(present.shift() as Named);
    }
  };
  fullGC();
  come(1000);
  edenGC(); // What is there now is old from now on.
  edenGC();
  const before = heapStats().objectCount;
  come(20_000);
  edenGC();
  return heapStats().objectCount - before;
}

describe("What holds clients while they are there", () => {
  test("Members keep none of them alive", () => {
    const members = new Members<Named>();
    const count = survivors(
      (one) => members.add(one),
      (one) => members.delete(one),
    );
    expect(count).toBeLessThan(1000);
  });

  test("Deadlines keep none of them alive", () => {
    const deadlines = new Deadlines<Named>(new ManualClock(), 2000, () => {});
    const running = new WeakMap<Named, NonNullable<ReturnType<typeof deadlines.start>>>();
    const count = survivors(
      (one) => running.set(one, deadlines.start(one) as never),
      (one) => deadlines.cancel(running.get(one) as never),
    );
    expect(count).toBeLessThan(1000);
  });

  test("a Set would keep thousands of them: if this fails, Bun has changed, and Members can go", () => {
    const set = new Set<Named>();
    const counts = Array.from({ length: 3 }, () =>
      survivors(
        (one) => set.add(one),
        (one) => set.delete(one),
      ),
    );
    expect(Math.max(...counts)).toBeGreaterThan(5000); // Fewer if the collector happens to run in full meanwhile.
  });
});
