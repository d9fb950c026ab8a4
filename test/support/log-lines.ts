import type { LogStream } from "../../src/observe/log.ts";

/** A log stream that keeps its lines. */
export class LogLines implements LogStream {
  readonly lines: string[] = [];

  write(line: string): void {
    this.lines.push(line);
  }
}
