import { RunningProgram } from "../support/program.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { untilListening } from "../support/until.ts";
import { ownAddress } from "./own-address.ts";
import { findPeer, type Peer } from "./peer.ts";
import { socat } from "./socat-server.ts";

const PORT = 7001;
const STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

export const haproxy = findPeer("haproxy", ["haproxy", "-v"], (text) => text.startsWith("HAProxy version"));
const nginx = findPeer("nginx with its stream module", ["nginx", "-V"], (text) =>
  text.includes("--with-stream"),
);

/** Programs that relay TCP connections, with their defaults: how each is started, and its message when it listens. */
export const RELAYS: readonly RelayKind[] = [
  { name: "HAProxy in mode tcp", peer: haproxy, start: startHaproxy },
  { name: "nginx's stream module", peer: nginx, start: startNginx },
  { name: "socat", peer: socat, start: startSocat },
];

export interface RelayKind {
  readonly name: string;
  readonly peer: Peer;
  readonly start: (from: string, to: number, dir: TempDir) => Promise<RunningProgram>;
}

/** A relay to a port of 127.0.0.1. It listens on an address that nobody else uses. */
export class Relay implements AsyncDisposable {
  readonly host: string;
  readonly port = PORT;
  readonly #program: RunningProgram;

  private constructor(host: string, program: RunningProgram) {
    this.host = host;
    this.#program = program;
  }

  static async before(port: number, { start }: RelayKind, dir: TempDir): Promise<Relay> {
    const host = ownAddress();
    const program = await start(`${host}:${PORT}`, port, dir);
    await untilListening({ host, port: PORT });
    return new Relay(host, program);
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.signal("SIGTERM");
    await this.#program.exited;
    await this.#program[Symbol.asyncDispose]();
  }
}

async function startHaproxy(from: string, to: number, dir: TempDir): Promise<RunningProgram> {
  const config = `
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
listen relay
  bind ${from}
  server other 127.0.0.1:${to}
`;
  return new RunningProgram(["haproxy", "-db", "-f", await dir.write("haproxy.cfg", config)]);
}

async function startNginx(from: string, to: number, dir: TempDir): Promise<RunningProgram> {
  const hasModule = await Bun.file(STREAM_MODULE).exists(); // Otherwise it is built in.
  const config = `
daemon off;
master_process off;
pid ${dir.path}/nginx.pid;
error_log stderr emerg;
${hasModule ? `load_module ${STREAM_MODULE};` : ""}
events { worker_connections 100; }
stream { server { listen ${from}; proxy_pass 127.0.0.1:${to}; } }
`;
  return new RunningProgram(["nginx", "-c", await dir.write("nginx.conf", config)]);
}

async function startSocat(from: string, to: number): Promise<RunningProgram> {
  const [host, port] = from.split(":");
  return new RunningProgram([
    "socat",
    `TCP-LISTEN:${port},bind=${host},fork,reuseaddr`,
    `TCP:127.0.0.1:${to}`,
  ]);
}
