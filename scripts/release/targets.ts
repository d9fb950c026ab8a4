/** One kind of machine that releases are built for. */
export interface Target {
  /** Its name in archives and npm packages. */
  readonly name: string;
  /** `--target` of `bun build`. */
  readonly bun: string;
  /** The package in packaging/runtimes that has the runtime. */
  readonly runtime: string;
  /** What npm calls it. */
  readonly npm: { readonly os: string; readonly cpu: string; readonly libc?: "glibc" | "musl" };
  /** What Debian calls it, if there is a package. */
  readonly debian?: string;
}

/** Baseline on x64, because the other runtime crashes with an illegal instruction on processors without AVX2. */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64-baseline",
    runtime: "@oven/bun-linux-x64-baseline",
    npm: { os: "linux", cpu: "x64", libc: "glibc" },
    debian: "amd64",
  },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    runtime: "@oven/bun-linux-aarch64",
    npm: { os: "linux", cpu: "arm64", libc: "glibc" },
    debian: "arm64",
  },
  {
    name: "linux-x64-musl",
    bun: "bun-linux-x64-musl-baseline",
    runtime: "@oven/bun-linux-x64-musl-baseline",
    npm: { os: "linux", cpu: "x64", libc: "musl" },
  },
  {
    name: "linux-arm64-musl",
    bun: "bun-linux-arm64-musl",
    runtime: "@oven/bun-linux-aarch64-musl",
    npm: { os: "linux", cpu: "arm64", libc: "musl" },
  },
  {
    name: "darwin-arm64",
    bun: "bun-darwin-arm64",
    runtime: "@oven/bun-darwin-aarch64",
    npm: { os: "darwin", cpu: "arm64" },
  },
];

/**
 * The target with that name.
 *
 * @throws {Error} if there is none
 */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((each) => each.name === name);
  if (found) return found;
  throw new Error(
    `There is no target ${name}: expected one of ${TARGETS.map((each) => each.name).join(", ")}`,
  );
}
