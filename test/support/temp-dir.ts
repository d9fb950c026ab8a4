import { mkdtempSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A world-readable directory, removed at the end of the test. */
export class TempDir implements AsyncDisposable {
  readonly path = mkdtempSync(join(tmpdir(), "poetry-test-"));

  /** Writes a file into it; returns its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    await chmod(this.path, 0o755);
    const path = join(this.path, name);
    await writeFile(path, content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}
