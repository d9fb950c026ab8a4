import { join } from "node:path";
import { RunningProgram } from "../support/program.ts";
import { findPeer } from "./peer.ts";

const PYTHON = "/usr/bin/python3"; // Debian's, which python3-twisted is for.

export const twisted = findPeer(
  "Twisted (python3-twisted)",
  [PYTHON, "-c", "import twisted; print('here')"],
  (text) => text.trim() === "here",
);

/** The command that runs a script of this folder. */
export function python(script: string, ...args: string[]): string[] {
  return [PYTHON, join(import.meta.dirname, script), ...args];
}

/** A server written with Twisted, which prints where it listens. */
export class TwistedServer extends RunningProgram {
  port = 0;

  static async start(script: string, ...args: string[]): Promise<TwistedServer> {
    const server = new TwistedServer(python(script, ...args));
    server.port = Number(/\d+/.exec(await server.until((line) => line.startsWith("Listening on ")))?.[0]);
    return server;
  }

  /** How many of its lines are exactly this one. */
  count(line: string): number {
    return this.lines.filter((each) => each === line).length;
  }
}
