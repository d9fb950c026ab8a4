import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../scripts/compile.ts";
import { installScript } from "../../scripts/release/install-script.ts";
import { makeTarball, tarballName } from "../../scripts/release/tarball.ts";
import { findPeer, testWith } from "../peers/peer.ts";
import { run } from "../support/program.ts";
import { COMMIT, HOST, released } from "../support/release/released.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(120_000);

const FOLDER = join(ROOT, "dist/release-test/archives");
const ARCHIVE = `${tarballName(COMMIT, HOST)}.tar.gz`;
const SCRIPT = join(FOLDER, "install.sh");
const shellcheck = findPeer("shellcheck", ["shellcheck", "--version"], (text) => text.includes("ShellCheck"));

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await makeTarball(COMMIT, HOST, released(), { folder: FOLDER, staging: join(FOLDER, "staging") });
  await writeFile(SCRIPT, await installScript(COMMIT, [HOST], FOLDER));
});

/** A file server on loopback; `change` replaces what it sends. */
class FileServer implements AsyncDisposable {
  readonly #server: Bun.Server<undefined>;
  readonly paths: string[] = [];

  constructor(folder: string, change?: (file: Bun.BunFile) => Promise<Uint8Array<ArrayBuffer>> | Blob) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async ({ url }) => {
        const { pathname } = new URL(url);
        this.paths.push(pathname);
        const file = Bun.file(join(folder, pathname));
        if (!(await file.exists())) return new Response("", { status: 404 });
        return new Response(change ? await change(file) : file);
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

const install = (...args: string[]) => run(["sh", SCRIPT, ...args]);

describe("install.sh", () => {
  test("installs the executable for this machine in --dir, replacing an older one, and nothing else", async () => {
    await using dir = new TempDir();
    await using server = new FileServer(FOLDER);
    const to = join(dir.path, "a folder/bin");
    await mkdir(to, { recursive: true });
    await writeFile(join(to, "poetry"), "the older one");
    const { code, stdout, stderr } = await install("--dir", to, `--from=${server.url}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toBe(
      `Installed poetry ${COMMIT.version} as ${to}/poetry.\n${to} is not in $PATH.\n`,
    );
    expect(await readdir(to)).toEqual(["poetry"]);
    expect((await run([join(to, "poetry"), "--version"])).stdout.toString()).toBe(`${COMMIT.version}\n`);
    expect(server.paths).toEqual([`/${ARCHIVE}`]);
  });

  test.each([
    [
      "was changed on its way",
      async (file: Bun.BunFile) => (await file.bytes()).map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
    ],
    ["was cut short", (file: Bun.BunFile) => file.slice(0, 1_000_000)],
  ])("installs nothing of an archive that %s", async (_, change) => {
    await using dir = new TempDir();
    await using server = new FileServer(FOLDER, change);
    const { code, stderr } = await install("--dir", dir.path, "--from", server.url);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("nothing was installed") });
    expect(await readdir(dir.path)).toEqual([]);
  });

  test("says what it could not download", async () => {
    await using dir = new TempDir();
    await using server = new FileServer(dir.path);
    const { code, stderr } = await install("--dir", dir.path, "--from", server.url);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`install.sh: cannot download ${server.url}/${ARCHIVE}\n`),
    });
  });

  test("works with wget and shasum where there is no curl and no sha256sum", async () => {
    await using dir = new TempDir();
    await using server = new FileServer(FOLDER);
    const bin = join(dir.path, "bin");
    await mkdir(bin);
    for (const name of [
      "sh",
      "uname",
      "mktemp",
      "wget",
      "shasum",
      "tar",
      "gzip",
      "cp",
      "mv",
      "mkdir",
      "rm",
    ]) {
      await writeFile(join(bin, name), `#!/bin/sh\nexec ${Bun.which(name)} "$@"\n`);
      await chmod(join(bin, name), 0o755);
    }
    const command = ["env", `PATH=${bin}`, "sh", SCRIPT, "--dir", `${dir.path}/to`, "--from", server.url];
    expect(await run(command)).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(`${dir.path}/to/poetry`)).toBe(true);
  });

  test.each([[["--dri", "x"]], [["--dir"]], [["x"]]])("refuses %p as a wrong use", async (args) => {
    expect(await install(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("usage:") });
  });

  test("rejects a machine that nothing was built for", async () => {
    await using dir = new TempDir();
    await writeFile(join(dir.path, "uname"), "#!/bin/sh\necho Linux riscv64\n");
    await chmod(join(dir.path, "uname"), 0o755);
    const { code, stderr } = await run([
      "env",
      `PATH=${dir.path}:${process.env.PATH}`,
      "sh",
      SCRIPT,
      "--dir",
      dir.path,
    ]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Linux riscv64") });
  });

  testWith(shellcheck, "has no fault that shellcheck finds", async () => {
    const { code, stdout } = await run(["shellcheck", SCRIPT]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
  });
});

describe("makeTarball()", () => {
  test("makes the same bytes again, from one folder with the licences, the manual and the completions", async () => {
    const again = join(FOLDER, "again");
    await mkdir(again, { recursive: true });
    await makeTarball(COMMIT, HOST, released(), { folder: again, staging: join(again, "staging") });
    expect((await run(["cmp", join(FOLDER, ARCHIVE), join(again, ARCHIVE)])).code).toBe(0);
    const { stdout } = await run(["tar", "-tvzf", join(FOLDER, ARCHIVE)]);
    const lines = stdout.toString().trimEnd().split("\n");
    expect(lines.filter((line) => !line.includes(` ${tarballName(COMMIT, HOST)}/`))).toEqual([]);
    expect(lines.filter((line) => !/^(d|-)rw[-x]r-[-x]r-[-x] 0\/0 /.test(line))).toEqual([]);
    for (const name of [
      "LICENSE",
      "THIRD-PARTY-LICENSES",
      "manual/man1/poetry-proxy.1",
      "manual/completions/bash/poetry",
    ])
      expect(lines.some((line) => line.endsWith(`/${name}`))).toBe(true);
  });
});
