import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Peer } from "../../peers/peer.ts";
import { run, type Run } from "../program.ts";

const SUITE = /^VERSION_CODENAME=(.*)$/m.exec(read("/etc/os-release"))?.[1] ?? "";
/** An unpacked Debian with nothing but its minimum, kept from run to run, and the program that makes users there. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "poetry-test");
const BASE = join(CACHE, `${SUITE}-minbase.tar`);
const SYSUSERS = join(CACHE, `${SUITE}-sysusers.deb`);

/** In memory, where there is such a place: dpkg waits for the disk after every file. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** Processes, a network and a host of its own; the system in `path` is its own, too, and root may do all of it. */
const SANDBOX = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run", "--die-with-parent"].concat(
  ["pid", "net", "ipc", "uts"].map((each) => `--unshare-${each}`),
);

/** Everything that a test of a Debian package needs; it takes half a minute to make the first time. */
export const debian: Peer = {
  name: "a Debian made by debootstrap (as root, with bubblewrap)",
  isHere: hasBase(),
};

/** A new minimal Debian for this machine's architecture. */
export class Debian implements AsyncDisposable {
  readonly path = mkdtempSync(join(PLACE, "poetry-debian-"));

  static async create(): Promise<Debian> {
    const system = new Debian();
    const { code, stderr } = await run(["tar", "-xf", BASE, "-C", system.path]);
    await chmod(system.path, 0o755); // Not only root uses it.
    if (code !== 0) throw new Error(`Cannot unpack ${BASE}: ${stderr}`);
    return system;
  }

  /** Copies files into /root. */
  async bring(...files: string[]): Promise<void> {
    await run(["cp", ...files, join(this.path, "root")]);
  }

  /** Installs systemd's program that makes users, without systemd. */
  async installSysusers(): Promise<void> {
    await this.bring(SYSUSERS);
    const { code, stderr } = await this.run(`dpkg --install /root/${SUITE}-sysusers.deb`);
    if (code !== 0) throw new Error(stderr);
  }

  /** A shell that runs `script` as root in there, without network access. */
  command(script: string, mounts: readonly string[] = ["--bind", this.path, "/"]): string[] {
    const settings = ["--setenv", "DEBIAN_FRONTEND", "noninteractive", "--setenv", "HOME", "/root"];
    return ["bwrap", ...mounts, ...SANDBOX, ...settings, "--chdir", "/root", "sh", "-c", script];
  }

  /** Runs it to the end, or to the first line that fails. */
  run(script: string, mounts?: readonly string[]): Promise<Run> {
    return run(this.command(`set -e\n${script}`, mounts));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(["rm", "-rf", "--one-file-system", this.path]);
  }
}

/** Makes the missing parts; returns false if that is impossible. */
function hasBase(): boolean {
  const tools = ["debootstrap", "bwrap", "dpkg-deb", "apt-get"].filter((name) => Bun.which(name) === null);
  if (process.getuid?.() !== 0 || SUITE === "" || tools.length > 0)
    return say(`missing: ${tools.join(", ")}`);
  if (!existsSync(BASE) && !succeeds(makeBase)) return false;
  return existsSync(SYSUSERS) || succeeds(fetchSysusers);
}

function succeeds(make: () => void): boolean {
  try {
    mkdirSync(CACHE, { recursive: true });
    make();
    return true;
  } catch (error) {
    return say(String(error));
  }
}

function say(what: string): false {
  console.error(`No Debian to test packages in: ${what}`);
  return false;
}

function makeBase(): void {
  const folder = mkdtempSync(join(tmpdir(), "poetry-debootstrap-"));
  try {
    must(["debootstrap", "--variant=minbase", SUITE, folder, mirror()]);
    rmSync(join(folder, "var/cache/apt/archives"), { recursive: true });
    mkdirSync(join(folder, "var/cache/apt/archives/partial"), { recursive: true });
    must(["tar", "-cf", `${BASE}.new`, "-C", folder, "."]);
    renameSync(`${BASE}.new`, BASE); // Complete or absent.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fetchSysusers(): void {
  const folder = mkdtempSync(join(CACHE, "download-"));
  try {
    must(
      ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "systemd-standalone-sysusers"],
      folder,
    );
    const [name] = new Bun.Glob("*.deb").scanSync(folder);
    renameSync(join(folder, name as string), SYSUSERS);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The mirror of this machine's apt. */
function mirror(): string {
  const format = ["--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"];
  const { stdout } = Bun.spawnSync(["apt-get", "indextargets", ...format]);
  const lines = stdout.toString().split("\n");
  const found = lines.find((line) => line.endsWith(` ${SUITE}`))?.split(" ")[0];
  if (found === undefined) throw new Error(`apt knows no mirror of ${SUITE}: was "apt-get update" run?`);
  return found;
}

function must(command: readonly string[], cwd = dirname(CACHE)): void {
  const { success, stdout, stderr } = Bun.spawnSync([...command], { cwd, stdin: "ignore" });
  if (!success) throw new Error(`${command.join(" ")} failed:\n${stdout.toString()}${stderr.toString()}`);
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
