import { run } from "./run.ts";

/**
 * Packs `folder`/`name` as a .tar.gz that depends on names, modes and contents alone: it is sorted, owned by 0, and
 * every file has the date of the commit.
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
  // Unlike gzip's, its header has neither a name nor a date.
  await Bun.write(path, Bun.gzipSync(await Bun.file(tar).bytes(), { library: "libdeflate", level: 6 }));
  await Bun.file(tar).delete();
}
