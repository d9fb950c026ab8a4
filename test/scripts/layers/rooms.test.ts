import { expect, test } from "bun:test";
import { ROOMS, roomOf } from "../../../scripts/layers/rooms.ts";
import { outOfBounds, unused } from "../../../scripts/layers/rules.ts";
import { readSource } from "../../../scripts/layers/source.ts";

/** The texts of the violations in a file with that path and text. */
function wrong(path: string, text: string): string[] {
  return outOfBounds(readSource(path, text)).map((each) => each.text);
}

test.each([
  ["net/listen.ts", "net"],
  ["services/service.ts", "services"],
  ["services/visit/asking.ts", "services/visit"],
  ["cli/main.ts", "cli"],
  ["cli/get/output.ts", "cli"],
  ["cli/commands/get.ts", "cli"],
  ["services/stray/asking.ts", undefined],
  ["net/visit/asking.ts", undefined],
  ["helpers/utils.ts", undefined],
  ["stray.ts", undefined],
  ["constructor/x.ts", undefined],
])("roomOf() puts %s into %p", (path, room) => {
  expect(roomOf(path)).toBe(room as string);
});

test.each([
  [
    "net/listen.ts",
    'import { Deferred } from "../deferred/mod.ts"; import { tune } from "./socket-options.ts";',
  ],
  ["net/connection.ts", 'import type { Socket } from "bun";'],
  [
    "cli/commands/serve.ts",
    'import { option } from "../args.ts"; import { listen } from "../../net/listen.ts";',
  ],
  ["cli/main.ts", 'const load = () => import("./commands/serve.ts");'],
  ["cli/get/output.ts", 'export { escapeControls } from "../../protocols/printable.ts";'],
  ["protocols/one-shot.ts", 'import type { Transport } from "../net/transport.ts";'],
  ["protocols/one-shot.ts", 'export type { Transport } from "../net/transport.ts";'],
  ["protocols/one-shot.ts", 'type Transport = import("../net/transport.ts").Transport;'],
  ["services/visit/asking.ts", 'import type { Observer } from "../observer.ts";'],
  ["services/transform/transform-proxy.ts", 'import { Proxy } from "../proxy/proxy.ts";'],
  ["cache/cache.ts", '// import { listen } from "../net/listen.ts";\n/* import "ms"; */'],
])("%s may say: %s", (path, text) => {
  expect(wrong(path, text)).toEqual([]);
});

test.each([
  [
    "cache/cache.ts",
    'import { listen } from "../net/listen.ts";',
    "cache may not import net (net/listen.ts)",
  ],
  ["cache/cache.ts", 'import type { Protocol } from "../net/transport.ts";', "cache may not import net"],
  ["cache/cache.ts", 'type P = import("../net/transport.ts").Protocol;', "cache may not import net"],
  ["cache/cache.ts", 'import net = require("../net/transport.ts");', "cache may not import net"],
  ["net/listen.ts", 'export { Cache } from "../cache/cache.ts";', "net may not import cache"],
  ["net/listen.ts", 'export * from "../cache/cache.ts";', "net may not import cache"],
  ["net/listen.ts", 'import "../services/visit/crowd.ts";', "net may not import services/visit"],
  [
    "services/proxy/proxy.ts",
    'await import("../../observe/log.ts");',
    "services/proxy may not import observe",
  ],
  [
    "services/service.ts",
    'import type { B } from "./visit/asking.ts";',
    "services may not import services/visit",
  ],
  [
    "services/visit/a.ts",
    'import { f } from "../fetch/trip.ts";',
    "services/visit may not import services/fetch",
  ],
  [
    "services/fetch/a.ts",
    'import { f } from "../visit/asking.ts";',
    "services/fetch may not import services/visit",
  ],
  [
    "services/proxy/a.ts",
    'import { f } from "../poems/recital.ts";',
    "services/proxy may not import services/poems",
  ],
  [
    "protocols/a.ts",
    'import { f } from "../net/address.ts";',
    'protocols may import net only by "import type"',
  ],
  [
    "protocols/a.ts",
    'import { type A } from "../net/address.ts";',
    'protocols may import net only by "import type"',
  ],
  ["observe/log.ts", 'import { f } from "../protocols/request.ts";', "observe may not import protocols"],
  [
    "cache/a.ts",
    'import { f } from "../deferred/chain.ts";',
    "cache may import deferred only through mod.ts",
  ],
  ["deferred/adapt.ts", 'import ms from "ms";', "deferred may not import ms"],
  ["cache/cache.ts", 'import { readFileSync } from "node:fs";', "cache may not import node:fs"],
  [
    "cache/cache.ts",
    'import { x } from "../../test/support/until.ts";',
    "cache may not import ../test/support/until.ts",
  ],
  ["cli/main.ts", "await import(name);", "cli may not import import() of something computed"],
  ["helpers/utils.ts", "", "helpers/utils.ts: its folder is not a room"],
])("%s must not say: %s", (path, text, expected) => {
  expect(wrong(path, text).join("\n")).toContain(expected);
});

test("outOfBounds() gives the position in the file", () => {
  expect(wrong("time/clock.ts", '\n\nimport ms from "ms";')).toEqual([
    "time/clock.ts:3: time may not import ms",
  ]);
});

test("unused() finds a package and a global in a row that no file of the room uses, and a room without files", () => {
  const room = { ...ROOMS.cache!, packages: ["ms"], globals: ["fetch"] };
  const cache = readSource("cache/cache.ts", 'import ms from "ms"; fetch("");');
  expect(unused([cache], { cache: room })).toEqual([]);
  const empty = readSource("cache/cache.ts", "");
  expect(unused([empty], { cache: room }).map(({ target }) => target)).toEqual(["ms", "fetch"]);
  expect(unused([], { cache: room }).map(({ target }) => target)).toEqual(["room"]);
});
