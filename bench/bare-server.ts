/** A C program that makes the system calls of a hit and nothing else (bare-server.c), to compare poetry with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, spawn, whenReady, type Peer } from "./peers.ts";

const SOURCE = join(import.meta.dirname, "bare-server.c");

/** Compiles and starts it, with `poem` as its answer; `undefined` if there is no C compiler. */
export async function startBareServer(poem: Buffer): Promise<Peer | undefined> {
  const compiler = Bun.which("cc");
  if (!compiler || process.platform !== "linux") return undefined;
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-bare-"));
  const program = join(dir, "bare-server");
  const build = Bun.spawnSync([compiler, "-O2", "-o", program, SOURCE], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (!build.success) throw new Error(`Cannot compile ${SOURCE}: ${build.stderr.toString()}`);
  const port = freePort();
  const server = spawn([program, String(port)], poem);
  const stop = async () => {
    server.kill("SIGKILL");
    await server.exited;
    await rm(dir, { recursive: true });
  };
  return whenReady("bare C", port, server, stop);
}
