import type { LogStream } from "../../src/observe/log.ts";

/** A log stream that keeps its lines; a test says how far its reader is behind. */
export class LogLines implements LogStream {
  readonly lines: string[] = [];
  writableLength = 0;

  write(text: string): boolean {
    this.lines.push(text);
    return true;
  }
}
