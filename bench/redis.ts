import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts a redis-server on a Unix socket; `undefined` if it is not installed. */
export async function startRedis(): Promise<
  { readonly url: string; readonly stop: () => Promise<void> } | undefined
> {
  const program = Bun.which("redis-server");
  if (!program) return undefined;
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-redis-"));
  const socket = join(dir, "redis.sock");
  const args = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir];
  const child = Bun.spawn([program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const chunk of child.stdout) if (Buffer.from(chunk).includes("ready to accept")) break;
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true });
  };
  return { url: `unix:${socket}`, stop };
}
