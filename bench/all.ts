/** Runs every benchmark, one after another, and prints one summary. Exits with 1 if a goal is missed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { coalescing } from "./coalescing.ts";
import { deferred } from "./deferred.ts";
import { printFigures } from "./figure.ts";
import { edges } from "./edges.ts";
import { held } from "./held.ts";
import { hit } from "./hit.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { executable } from "./peers.ts";
import { reload } from "./reload.ts";
import { resets } from "./resets.ts";
import { sight } from "./sight.ts";
import { stampede } from "./stampede.ts";
import { start } from "./start.ts";
import { tls } from "./tls.ts";
import { stores } from "./stores.ts";
import { transform } from "./transform.ts";

if (!existsSync(executable())) {
  const build = join(import.meta.dirname, "../scripts/build.ts");
  if (!Bun.spawnSync([process.execPath, build], { stdio: ["ignore", "inherit", "inherit"] }).success)
    process.exit(1);
}
const figures = [
  ...(await start()),
  ...(await stampede()),
  ...(await coalescing()),
  ...(await latency()),
  ...(await memory()),
  ...(await held()),
  ...(await resets()),
  ...(await reload()),
  ...(await sight()),
  ...transform(),
  ...(await hit()),
  ...(await tls()),
  ...(await edges()),
  ...(await stores()),
  ...(await deferred()),
];
process.exitCode = printFigures(figures) ? 0 : 1;
