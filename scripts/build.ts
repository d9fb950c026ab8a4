/** Builds dist/poetry: one executable that needs neither Bun nor node_modules. Prints where it is. */

import { rmSync } from "node:fs";
import { compile, ROOT } from "./compile.ts";

const OUT = "dist/poetry";

rmSync(`${ROOT}dist`, { recursive: true, force: true }); // Else source maps of old builds pile up.
try {
  compile(OUT);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
// A failed bytecode step exits 0 and leaves a binary that dies: only running it tells.
const trial = Bun.spawnSync([`${ROOT}${OUT}`, "--version"]);
if (!trial.success) {
  console.error(`${OUT} was built but does not run: ${trial.stderr.toString()}`);
  process.exit(1);
}
console.error(`Built ${OUT} ${trial.stdout.toString().trim()}`);
