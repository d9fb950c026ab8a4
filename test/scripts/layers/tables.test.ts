import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Room } from "../../../scripts/layers/rooms.ts";
import { drawing, HOUSE, outsideTable, roomsTable } from "../../../scripts/layers/tables.ts";
import { withTable } from "../../../scripts/markdown.ts";

const ROOT = join(import.meta.dirname, "../../../");
const NOTHING = { mayImport: [], packages: [], globals: [] };
const ROOMS: Record<string, Room> = {
  ground: { ...NOTHING, knows: "the ground", globals: ["setTimeout"] },
  wall: { ...NOTHING, knows: "walls", mayImport: [{ to: "ground", onlyTypes: true }], packages: ["ms"] },
  roof: { ...NOTHING, knows: "the roof", mayImport: [{ to: "wall/beam" }, { to: "ground" }] },
  flag: { ...NOTHING, knows: "the flag", mayImport: [{ to: "roof" }, { to: "wall" }, { to: "ground" }] },
};

test("drawing() omits arrows that follow from others, but no arrow for values follows from one for types", () => {
  expect(drawing(ROOMS).split("\n").slice(2, -1)).toEqual([
    "  wall -.-> ground",
    "  roof --> wall",
    "  roof --> ground",
    "  flag --> roof",
  ]);
});

test("roomsTable() and outsideTable() have a row for each room", () => {
  expect(roomsTable(ROOMS).split("\n").slice(2)).toEqual([
    "| `ground/` | the ground | nothing |",
    "| `wall/` | walls | ground (types) |",
    "| `roof/` | the roof | wall/beam, ground |",
    "| `flag/` | the flag | roof, wall, ground |",
  ]);
  expect(outsideTable(ROOMS).split("\n").slice(2, 4)).toEqual([
    "| `ground/` |  | `setTimeout` |",
    "| `wall/` | `ms` |  |",
  ]);
});

test.each(HOUSE)("$file has the $name that scripts/layers/rooms.ts has", async ({ file, name, table }) => {
  const text = readFileSync(ROOT + file, "utf8");
  expect(withTable(text, name, await table())).toBe(text);
});
