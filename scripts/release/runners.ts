import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../compile.ts";
import { run } from "./run.ts";
import type { Target } from "./targets.ts";

/** Where Debian's libc6-arm64-cross puts the libraries of an arm64 machine. */
const ARM64_ROOT = "/usr/aarch64-linux-gnu";

/** Where Debian's musl puts its loader, and where the C++ library for glibc is. */
const MUSL_LOADER = "/lib/ld-musl-x86_64.so.1";
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

/** The prefix of a command line that runs a program for `target` on this machine; undefined: it cannot run here. */
export function runnerOf({ npm: { os, cpu, libc } }: Target): readonly string[] | undefined {
  if (os !== process.platform) return undefined;
  if (libc === "glibc" && cpu === process.arch) return [];
  if (libc === "glibc" && cpu === "arm64") return emulated();
  if (libc === "musl" && cpu === process.arch && cpu === "x64") return besideMusl();
  return undefined;
}

function emulated(): string[] | undefined {
  const emulator = Bun.which("qemu-aarch64-static");
  return emulator !== null && existsSync(ARM64_ROOT) ? [emulator, "-L", ARM64_ROOT] : undefined;
}

/** musl builds need a C++ library, which Debian has for glibc only: they borrow that one. */
function besideMusl(): string[] | undefined {
  const compiler = Bun.which("cc");
  const libraries = ["libstdc++.so.6", "libgcc_s.so.1"].map((name) => join(LIBRARIES, name));
  if (compiler === null || ![MUSL_LOADER, ...libraries].every((path) => existsSync(path))) return undefined;
  const folder = join(ROOT, "dist/musl");
  mkdirSync(folder, { recursive: true });
  for (const path of libraries) copyFileSync(path, join(folder, path.slice(LIBRARIES.length)));
  const source = join(ROOT, "packaging/musl/stand-ins.c");
  run([compiler, "-shared", "-fPIC", "-nostdlib", source, "-o", join(folder, "ld-linux-x86-64.so.2")]);
  return ["env", `LD_LIBRARY_PATH=${folder}`];
}
