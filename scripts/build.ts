/** Builds dist/poetry: one executable that needs neither Bun nor node_modules. Prints its path. */

import { rmSync } from "node:fs";
import { compile, ROOT } from "./compile.ts";

const OUT = "dist/poetry";

rmSync(`${ROOT}dist`, { recursive: true, force: true }); // Otherwise source maps of old builds would pile up.
try {
  compile(OUT);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
// A failed bytecode step exits with 0 and leaves a binary that crashes: only running it shows that.
const trial = Bun.spawnSync([`${ROOT}${OUT}`, "--version"]);
if (!trial.success) {
  console.error(`${OUT} was built but does not run: ${trial.stderr.toString()}`);
  process.exit(1);
}
console.error(`Built ${OUT} ${trial.stdout.toString().trim()}`);
