import type { Subprocess } from "bun";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "../src/net/tls/certificates.ts";
import { childrenOf, cpuTime } from "./proc.ts";

/** A server under load, in processes of its own. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  /** The Unix socket that clients connect to instead of the port. */
  readonly path?: string;
  readonly pid: number;
  /** What its clients send first; default: nothing. */
  readonly request?: string;
  /** Whether it sends the poem as a netstring. */
  readonly isNetstring?: boolean;
  /** User and system time of all its processes so far, in microseconds. */
  cpu(): number;
  /** Ends it, and waits for that. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const TWISTED = join(import.meta.dirname, "twisted-server.py");
const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";
// Debian's own interpreter, for which python3-twisted is installed, whatever comes first in PATH.
const PYTHON = "/usr/bin/python3";

/** The executable to measure: that of this tree, or the one that $POETRY names. */
export function executable(): string {
  return process.env.POETRY ?? join(import.meta.dirname, "../dist/poetry");
}

/** Starts `poetry COMMAND ...`, quiet, on a free port. */
export function startPoetry(command: string, ...args: string[]): Promise<Peer> {
  return startPoetryBy([], command, ...args);
}

/** The same, through a program that executes it. */
export async function startPoetryBy(wrapper: readonly string[], ...args: string[]): Promise<Peer> {
  const port = freePort();
  const argv = [...wrapper, executable(), ...args, "--quiet", "--port", String(port)];
  return whenReady("poetry", port, spawn(argv));
}

/**
 * Starts nginx with one worker that answers every connection with `poem`; `undefined` if it is not installed.
 *
 * @param pair its certificate; absent: no TLS
 */
export async function startNginx(poem: Buffer, pair?: KeyPair): Promise<Peer | undefined> {
  const nginx = Bun.which("nginx");
  if (!nginx || !existsSync(STREAM_MODULE)) return undefined;
  const port = freePort();
  const dir = await mkdtemp(join(tmpdir(), "poetry-bench-nginx-"));
  const config = join(dir, "nginx.conf");
  const tls = pair
    ? {
        listen: " ssl",
        lines: `ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate ${pair.certificate.file}; ssl_certificate_key ${pair.key.file};`,
      }
    : { listen: "", lines: "" };
  await writeFile(
    config,
    `load_module ${STREAM_MODULE};
     daemon off; worker_processes 1; pid ${dir}/pid; error_log stderr crit;
     events { worker_connections 8192; }
     stream {
       access_log off;
       server { listen ${HOST}:${port}${tls.listen} backlog=4096; ${tls.lines} return ${JSON.stringify(poem.toString())}; }
     }`,
  );
  const process = spawn([nginx, "-e", "stderr", "-p", dir, "-c", config]);
  // Its worker would outlive a master that is killed.
  const stop = async () => {
    process.kill("SIGTERM");
    await process.exited;
    await rm(dir, { recursive: true });
  };
  return whenReady("nginx", port, process, stop);
}

/** Starts a Twisted server that writes `poem` and hangs up; `undefined` if Twisted is not installed. */
export async function startTwisted(poem: Buffer): Promise<Peer | undefined> {
  if (!existsSync(PYTHON)) return undefined;
  const installed = Bun.spawnSync([PYTHON, "-c", "import twisted"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  if (!installed.success) return undefined;
  const port = freePort();
  return whenReady("twisted", port, spawn([PYTHON, TWISTED, String(port)], poem));
}

/** A port that is free at the moment. */
export function freePort(): number {
  const server = Bun.listen({ hostname: HOST, port: 0, socket: { data() {} } });
  server.stop();
  return server.port;
}

/** Starts a program, without its output. */
export function spawn(
  argv: string[],
  stdin: Buffer | "ignore" = "ignore",
  stderr: "inherit" | "ignore" = "inherit",
): Subprocess {
  return Bun.spawn(argv, { stdin, stdout: "ignore", stderr });
}

/** The peer, once it accepts connections; fails if its process ends instead. */
export async function whenReady(
  name: string,
  port: number,
  process: Subprocess,
  stop: () => Promise<void> = () => kill(process),
): Promise<Peer> {
  while (!(await listens(port))) {
    if (process.exitCode !== null)
      throw new Error(`${name} ended with ${process.exitCode} before it listened`);
    await Bun.sleep(10);
  }
  return {
    name,
    port,
    pid: process.pid,
    cpu: () => [process.pid, ...childrenOf(process.pid)].reduce((sum, pid) => sum + cpuTime(pid), 0),
    stop,
  };
}

/** With SIGKILL, because on SIGTERM poetry would wait for its clients. */
async function kill(process: Subprocess): Promise<void> {
  process.kill("SIGKILL");
  await process.exited;
}

/** Whether a server listens on `port`, according to the kernel's table: connecting would make a client. */
async function listens(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(`^ *\\d+: \\w+:${hex} \\w+:0000 0A`, "m").test(await Bun.file("/proc/net/tcp").text());
}
