import { RunningProgram } from "../support/program.ts";
import { findPeer } from "./peer.ts";

export const socat = findPeer("socat", ["socat", "-V"], (text) => text.includes("socat version"));

const HOST = "127.0.0.1";
const LISTENING = /listening on AF=2 [\d.]+:(\d+)$/;

/** A program that serves one client on its standard input and output, as under inetd, behind a port of socat. */
export class SocatServer extends RunningProgram {
  #port = 0;

  /**
   * @param address what socat runs for each client, such as EXEC:/usr/sbin/in.fingerd,nofork
   * @param listen where it listens; by default on any free port of 127.0.0.1
   */
  static async start(address: string, listen: { host?: string; port?: number } = {}): Promise<SocatServer> {
    const { host = HOST, port = 0 } = listen;
    const server = new SocatServer(["socat", "-d", "-d", `TCP-LISTEN:${port},bind=${host},fork`, address]);
    server.#port = Number(LISTENING.exec(await server.until((line) => LISTENING.test(line)))?.[1]);
    return server;
  }

  /** A relay in front of a server that counts its clients, and retries until the server listens. */
  static before(host: string, port: number): Promise<SocatServer> {
    return SocatServer.start(`TCP:${host}:${port},retry=500,interval=0.02`);
  }

  get port(): number {
    return this.#port;
  }

  /** Ends it, and returns how many clients it had: its log is complete only then. */
  async end(): Promise<number> {
    this.signal("SIGTERM");
    await this.silent;
    return this.lines.filter((line) => line.includes(" accepting connection from ")).length;
  }
}
