import { expect, test } from "bun:test";
import { violations } from "../../scripts/check-layers.ts";

test.each([
  ["net/listen.ts", 'import { Deferred } from "../deferred/mod.ts";'],
  [
    "cli/commands/serve.ts",
    'import { option } from "../args.ts";\nimport { listen } from "../../net/listen.ts";',
  ],
  ["time/clock.ts", "setTimeout(() => {}, 1); // setTimeout of Bun.listen"],
  ["cache/cache.ts", '// import { listen } from "../net/listen.ts"\n/* Bun.listen */'],
  ["protocols/zbxd.ts", 'Buffer.from("ZBXD");'],
  ["cli/main.ts", 'const load = () => import("./commands/serve.ts");'],
])("violations() has nothing to say about %s: %s", (path, source) => {
  expect(violations(path, source)).toEqual([]);
});

test.each([
  ["cache/cache.ts", 'import { listen } from "../net/listen.ts";', "cache may not import net"],
  ["cache/cache.ts", 'import type { Protocol } from "../net/transport.ts";', "cache may not import net"],
  ["net/listen.ts", 'export { Cache } from "../cache/cache.ts";', "net may not import cache"],
  ["deferred/adapt.ts", 'import { parse } from "ms";', "deferred may not import ms"],
  ["services/proxy.ts", 'const log = await import("../observe/log.ts");', "services may not import observe"],
  ["services/proxy.ts", 'import "../cli/main.ts";', "services may not import cli"],
  ["services/proxy.ts", "Bun.connect({});", "Bun.connect belongs to net"],
  ["cache/cache.ts", "const now = Date.now();", "Date belongs to time"],
  ["net/outbox.ts", "setTimeout(() => {}, 1);", "setTimeout belongs to time"],
  ["cli/run.ts", "Bun.spawnSync([]);", "Bun.spawn belongs to services"],
  ["observe/log.ts", "process.stdout.write('x');", "process.stdout belongs to cli"],
  ["helpers/utils.ts", "", '"helpers" is no layer'],
])("violations() stops %s from: %s", (path, source, expected) => {
  expect(violations(path, source).join()).toContain(expected);
});
