import { join } from "node:path";
import { TempDir } from "./temp-dir.ts";

/** A separate file system in memory, as small as a test wants. Needs permission to mount. */
export class Tmpfs extends TempDir {
  readonly file = join(this.path, "poetry.db");

  /** @param options of mount(8), such as `size=8m` */
  constructor(options: string) {
    super();
    if (!mount("-t", "tmpfs", "-o", options, "none", this.path)) throw new Error("Cannot mount a tmpfs");
  }

  remount(options: string): void {
    if (!mount("-o", `remount,${options}`, this.path)) throw new Error(`Cannot remount with ${options}`);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    Bun.spawnSync(["umount", "--lazy", this.path]);
    await super[Symbol.asyncDispose]();
  }
}

function mount(...args: string[]): boolean {
  return Bun.spawnSync(["mount", ...args]).success;
}

/** Whether this process may mount file systems. */
export const MAY_MOUNT = process.getuid?.() === 0 && tries();

function tries(): boolean {
  try {
    const tried = new Tmpfs("size=64k");
    Bun.spawnSync(["umount", tried.path]);
    Bun.spawnSync(["rmdir", tried.path]);
    return true;
  } catch {
    return false;
  }
}
