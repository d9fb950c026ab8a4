import { run } from "./run.ts";

/**
 * Packs `folder`/`name` as a .tar.gz that depends on names, modes and contents alone: sorted, owned by 0, every file as old as
 * the commit.
 */
export async function packTarball(
  path: string,
  { folder, name, epoch }: { folder: string; name: string; epoch: number },
): Promise<void> {
  const tar = `${path}.tar`;
  const same = [
    "--sort=name",
    "--format=ustar",
    `--mtime=@${epoch}`,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
  ];
  run(["tar", ...same, "--mode=u+rw,go+r,go-w,a+X", "-cf", tar, "-C", folder, name]);
  // Without a name or a date in the header, unlike gzip's.
  await Bun.write(path, Bun.gzipSync(await Bun.file(tar).bytes(), { library: "libdeflate", level: 6 }));
  await Bun.file(tar).delete();
}
