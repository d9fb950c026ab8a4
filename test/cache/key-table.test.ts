import { expect, test } from "bun:test";
import { KeyTable, partOf } from "../../src/cache/key-table.ts";

test("KeyTable has what was added and not deleted, bytes of any kind included", () => {
  const table = new KeyTable<number>();
  const keys = [
    "",
    "__proto__",
    "constructor",
    "\0\xff",
    "a\u2404",
    "x".repeat(5000),
    `${"x".repeat(4999)}y`,
  ];
  for (const [index, key] of keys.entries()) table.add(key, index);
  expect(table.size).toBe(keys.length);
  expect(keys.map((key) => table.get(key))).toEqual(keys.map((_, index) => index));
  table.delete("a\u2404");
  expect([table.size, table.get("a\u2404"), table.get("a")]).toEqual([keys.length - 1, undefined, undefined]);
});

/** Requests of many clients, each with something of its own in another place. */
const KEYS: Readonly<Record<string, (n: number) => string>> = {
  "that end in a number": (n) => `poem ${n}`,
  "that are even numbers": (n) => `${2 * n}00`,
  "that begin with a host": (n) => `host${String(n).padStart(6, "0")}.example.org stats`,
  "that are addresses": (n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
  "that are digests": (n) => new Bun.CryptoHasher("sha256").update(`${n}`).digest("hex"),
  "that name a host in the middle of a long query": (n) =>
    `GET services\nColumns: host_name description state plugin_output\nFilter: host_name = host${n}\nFilter: state != 0\nAnd: 2\nOutputFormat: json\nResponseHeader: fixed16\n`,
};

test.each(Object.entries(KEYS))(
  "partOf() spreads keys %s: none of the small Maps becomes a large one",
  (_, keyOf) => {
    const count = 50_000;
    const parts = new Map<number, number>();
    for (let n = 0; n < count; n++) {
      const part = partOf(keyOf(n));
      expect(part).toBeWithin(0, 256);
      parts.set(part, (parts.get(part) ?? 0) + 1);
    }
    expect(Math.max(...parts.values())).toBeLessThan(count / 30);
  },
);

test("partOf() reads no more than 128 characters of a key, however long it is", () => {
  let read = 0;
  const key = {
    length: 1_000_000,
    charCodeAt: () => (read++, 120),
  };
  partOf(key as unknown as string);
  expect(read).toBeWithin(64, 129);
});
