import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, spawn, whenReady, type Peer } from "./peers.ts";

const HOST = "127.0.0.1";
/** The backlog of every peer: the same as poetry's. */
const BACKLOG = 4096;
const VARNISH = "/usr/sbin/varnishd"; // Often not in the PATH of ordinary users.

/**
 * Starts nginx as a cache that sends one of several concurrent requests to the origin; `undefined` if it is not
 * installed.
 */
export async function startNginxCache(origin: number): Promise<Peer | undefined> {
  const nginx = Bun.which("nginx");
  if (!nginx) return undefined;
  const port = freePort();
  const dir = await temporaryDirectory("nginx");
  const config = join(dir, "nginx.conf");
  await writeFile(
    config,
    `daemon off; worker_processes auto; pid ${dir}/pid; error_log stderr crit;
     events { worker_connections 8192; }
     http {
       access_log off;
       proxy_cache_path ${dir}/cache keys_zone=poems:1m;
       proxy_temp_path ${dir}/proxy; client_body_temp_path ${dir}/body; fastcgi_temp_path ${dir}/fastcgi;
       uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
       server {
         listen ${HOST}:${port} backlog=${BACKLOG};
         location / {
           proxy_pass http://${HOST}:${origin};
           proxy_cache poems; proxy_cache_valid 200 1h;
           proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;
         }
       }
     }`,
  );
  const process = spawn([nginx, "-e", "stderr", "-p", dir, "-c", config]);
  return whenReady("nginx", port, process, () => end(process, dir));
}

/** Starts Varnish with Debian's defaults, except for the backlog; `undefined` if it is not installed. */
export async function startVarnish(origin: number): Promise<Peer | undefined> {
  if (!existsSync(VARNISH)) return undefined;
  const port = freePort();
  const dir = await temporaryDirectory("varnish");
  const listening = ["-a", `${HOST}:${port}`, "-b", `${HOST}:${origin}`, "-p", `listen_depth=${BACKLOG}`];
  const argv = [VARNISH, "-F", "-j", "none", "-n", dir, "-s", "malloc,64m", ...listening];
  const process = spawn(argv, "ignore", "ignore"); // It is talkative on standard error.
  return whenReady("varnish", port, process, () => end(process, dir));
}

/** A directory that a server can still use after dropping root privileges. */
async function temporaryDirectory(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `poetry-bench-${name}-`));
  await chmod(dir, 0o755);
  return dir;
}

/** Stops it cleanly, because its workers would outlive a master that is killed. */
async function end(process: Bun.Subprocess, dir: string): Promise<void> {
  process.kill("SIGTERM");
  await process.exited;
  await rm(dir, { recursive: true });
}
