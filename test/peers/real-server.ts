import { RunningProgram } from "../support/program.ts";

/** Whether tests may start servers that must start as root and then drop privileges themselves. */
export const isRoot = process.getuid?.() === 0;

/** A server of a package. Stopping it stops its children as well. `SocatServer.before` waits until it listens. */
export class RealServer extends RunningProgram {
  static start(command: readonly string[]): RealServer {
    return new RealServer(["sh", "-c", 'exec "$@" 1>&2', "sh", ...command]);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    await this.exited;
    await super[Symbol.asyncDispose]();
  }
}
