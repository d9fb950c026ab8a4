/** One kind of machine that releases are built for. */
export interface Target {
  /** In the names of archives and of npm packages. */
  readonly name: string;
  /** `--target` of `bun build`. */
  readonly bun: string;
  /** The package of packaging/runtimes with the runtime. */
  readonly runtime: string;
  /** npm's words for it. */
  readonly npm: { readonly os: string; readonly cpu: string; readonly libc?: "glibc" | "musl" };
  /** Debian's word for it, where there is a package. */
  readonly debian?: string;
}

/** Baseline on x64: the other runtime dies of an illegal instruction on processors without AVX2. */
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

/** @throws {Error} for a name that none has */
export function targetNamed(name: string): Target {
  const found = TARGETS.find((each) => each.name === name);
  if (found) return found;
  throw new Error(
    `There is no target ${name}: expected one of ${TARGETS.map((each) => each.name).join(", ")}`,
  );
}
