import { writeSync } from "node:fs";

/** Writes a short text at once. `process.stdout` takes 12 ms to wake up, and `console.log` swallows errors. */
export function print(fd: 1 | 2, text: string): void {
  let bytes: Uint8Array = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return; // Nobody is there to be told.
    }
  }
}
