import { expect, test } from "bun:test";
import fc from "fast-check";
import { Recency } from "../../src/cache/recency.ts";

/** All items, the one not used for longest first. Empties it. */
function inOrder(recency: Recency<string>, places: ReadonlyMap<string, number>): string[] {
  const found: string[] = [];
  for (let next = recency.oldest; next !== undefined; next = recency.oldest) {
    found.push(next);
    recency.remove(places.get(next) as number);
  }
  return found;
}

function recencyOf(...items: string[]): { recency: Recency<string>; places: Map<string, number> } {
  const recency = new Recency<string>();
  return { recency, places: new Map(items.map((item) => [item, recency.add(item)])) };
}

test("Recency.oldest is the item that was not used for the longest time", () => {
  const { recency, places } = recencyOf("a", "b", "c", "d");
  recency.use(places.get("a") as number);
  recency.use(places.get("c") as number);
  recency.use(places.get("c") as number);
  expect(inOrder(recency, places)).toEqual(["b", "d", "a", "c"]);
});

test("Recency with nothing in it has no oldest item, before and after", () => {
  const { recency, places } = recencyOf();
  expect(recency.oldest).toBeUndefined();
  places.set("a", recency.add("a"));
  expect(inOrder(recency, places)).toEqual(["a"]);
  expect([recency.oldest, recency.places]).toEqual([undefined, 1]);
});

test("Recency.add() takes places that have become free, so that there are never more than items at a time", () => {
  const { recency, places } = recencyOf("first", "second");
  for (let n = 0; n < 1000; n++) {
    recency.remove(places.get("second") as number);
    places.set("second", recency.add("second"));
  }
  expect(recency.places).toBe(3);
});

test("Recency.at() finds every item at its place, below the number of places", () => {
  const items = Array.from({ length: 1000 }, (_, n) => `item ${n}`);
  const { recency, places } = recencyOf(...items);
  recency.remove(places.get("item 500") as number);
  const found = Array.from({ length: recency.places }, (_, place) => recency.at(place));
  expect(found.filter((item) => item !== undefined).toSorted()).toEqual(
    items.filter((item) => item !== "item 500").toSorted(),
  );
  for (const [item, place] of places) expect(recency.at(place)).toBe(item === "item 500" ? undefined : item);
});

test("Recency keeps the order that a list of items would have, whatever is done", () => {
  const step = fc.tuple(fc.constantFrom("add", "use", "remove"), fc.nat(200));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const { recency, places } = recencyOf();
      let expected: string[] = [];
      for (const [what, n] of steps) {
        const item = `item ${n}`;
        const place = places.get(item);
        if (what === "add" && place === undefined) places.set(item, recency.add(item));
        else if (place === undefined) continue;
        else if (what === "remove") recency.remove(place);
        else recency.use(place);
        expected = expected.filter((other) => other !== item);
        if (what === "remove") places.delete(item);
        else expected.push(item);
        expect(recency.oldest).toBe(expected[0]);
      }
      expect(inOrder(recency, places)).toEqual(expected);
    }),
  );
});
