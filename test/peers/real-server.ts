import { RunningProgram } from "../support/program.ts";

/** Whether tests may start servers that want to be root, and drop that themselves. */
export const isRoot = process.getuid?.() === 0;

/** A server of a package: started, waited for, and ended so that its children end as well. */
export class RealServer extends RunningProgram {
  /** @param isReady whether a line that it writes tells that it listens */
  static async start(command: readonly string[], isReady: (line: string) => boolean): Promise<RealServer> {
    const server = new RealServer(["sh", "-c", 'exec "$@" 1>&2', "sh", ...command]);
    await server.until(isReady);
    return server;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    await this.exited;
    await super[Symbol.asyncDispose]();
  }
}
