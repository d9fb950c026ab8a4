import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nextTurn } from "./next-turn.ts";
import { NotifySocket } from "./notify-socket.ts";
import { POETRY, run, RunningProgram, type Run } from "./program.ts";
import { TempDir } from "./temp-dir.ts";

const UNITS = join(import.meta.dirname, "../../contrib/systemd");
const SYSTEMD = "/lib/systemd/systemd";
/** Where the executable is: nothing may be put into /usr, which is the real one. */
const EXECUTABLE = "/opt/poetry-proxy";
/** Of which our units speak, and nothing is in them. */
const TARGETS = ["basic", "multi-user", "network", "nss-lookup", "shutdown", "sockets", "sysinit"];

const HIERARCHY = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
  existsSync(`${path}/cgroup.controllers`),
);

/** Why such a machine is impossible here; undefined: it is possible. */
export const whyNoMachine: string | undefined = lookAround();

/**
 * A machine whose process 1 is a real systemd with only our units: in namespaces, by bubblewrap, which shows it nothing
 * of this machine that it could change. Above all not /tmp, which systemd cleans up.
 */
export class SystemdMachine implements AsyncDisposable {
  readonly #dir: TempDir;
  readonly #bubble: RunningProgram;
  readonly #group: string;
  #pid = 0;

  private constructor(dir: TempDir) {
    this.#dir = dir;
    this.#group = `${HIERARCHY}/poetry-test-${process.pid}`;
    mkdirSync(this.#group);
    const command = ["sh", "-c", ENTER, this.#group, "bwrap", ...bubble(dir.path), "sh", "-c", PREPARE];
    this.#bubble = new RunningProgram(command);
  }

  /** Boots it. */
  static async boot(): Promise<SystemdMachine> {
    const dir = new TempDir();
    for (const name of ["units", "conf", "out"]) mkdirSync(join(dir.path, name));
    for (const name of readdirSync(UNITS).filter((each) => /\.(service|socket)$/.test(each))) {
      const unit = readFileSync(join(UNITS, name), "utf8").replaceAll("/usr/bin/poetry-proxy", EXECUTABLE);
      await dir.write(`units/${name}`, unit);
    }
    for (const name of TARGETS) await dir.write(`units/${name}.target`, "[Unit]\nDefaultDependencies=no\n");
    const socket = await NotifySocket.open(join(dir.path, "out/notify"));
    const machine = new SystemdMachine(dir);
    await socket.until("READY");
    machine.#pid = socket.told.find(({ news }) => "READY" in news)?.pid as number;
    await socket[Symbol.asyncDispose]();
    return machine;
  }

  /** Writes a file in /etc/poetry-proxy. */
  configure(name: string, text: string): void {
    writeFileSync(join(this.#dir.path, "conf", name), text);
  }

  /** Adds to a unit. */
  async add(unit: string, text: string): Promise<void> {
    mkdirSync(join(this.#dir.path, `units/${unit}.d`), { recursive: true });
    await this.#dir.write(`units/${unit}.d/test.conf`, text);
    await this.systemctl("daemon-reload");
  }

  /** Runs a command there. */
  run(...command: string[]): Promise<Run> {
    return run(["nsenter", "-t", `${this.#pid}`, "-m", "-u", "-i", "-n", "-p", "-C", "--", ...command]);
  }

  poetry(...words: string[]): Promise<Run> {
    return this.run("env", "POETRY_CONTROL=/run/poetry-proxy/control.sock", EXECUTABLE, ...words);
  }

  systemctl(...words: string[]): Promise<Run> {
    return this.run("systemctl", ...words);
  }

  /** The value of a property of a unit. */
  async property(unit: string, name: string): Promise<string> {
    return (await this.systemctl("show", "--value", "-p", name, unit)).stdout.toString().trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bubble[Symbol.asyncDispose]();
    while (!removed(this.#group)) await nextTurn();
    await this.#dir[Symbol.asyncDispose]();
  }
}

const ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

const PREPARE = `
  set -e; umask 022
  chmod 755 / /opt /etc /etc/poetry-proxy /var /var/lib /var/log /run
  printf "root:x:0:0::/root:/bin/sh\\nnobody:x:65534:65534::/:/bin/sh\\n" > /etc/passwd
  printf "root:x:0:\\nnogroup:x:65534:\\n" > /etc/group
  printf "passwd: files systemd\\ngroup: files systemd\\nhosts: files\\n" > /etc/nsswitch.conf
  echo "127.0.0.1 localhost" > /etc/hosts
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec ${SYSTEMD} --system --unit=basic.target --log-target=console --show-status=no
`;

function bubble(dir: string): string[] {
  return [
    ...BUBBLE.trim().split(/\s+/),
    ["--ro-bind", join(dir, "units"), "/etc/systemd/system"],
    ["--bind", join(dir, "conf"), "/etc/poetry-proxy"],
    ["--bind", join(dir, "out"), "/mnt"],
    ["--ro-bind", POETRY, EXECUTABLE],
  ].flat();
}

const BUBBLE = `
  --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup --as-pid-1 --die-with-parent
  --cap-add ALL --cap-drop CAP_SYS_MODULE --cap-drop CAP_SYS_TIME --cap-drop CAP_SYS_BOOT --cap-drop CAP_SYS_RAWIO
  --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
  --proc /proc --ro-bind /proc/sys /proc/sys --dev /dev --ro-bind /sys /sys
  --tmpfs /tmp --tmpfs /run --tmpfs /var --dir /var/lib --dir /var/log --dir /var/cache --dir /var/tmp --dir /root --dir /home
  --dir /etc
  --clearenv --setenv PATH /usr/bin:/usr/sbin --setenv container poetry-test --setenv NOTIFY_SOCKET /mnt/notify
  --setenv SYSTEMD_UNIT_PATH /etc/systemd/system
`;

/** Whether a control group and its processes are gone: they end a moment after they were killed. */
function removed(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true, recursive: true }).toReversed())
      if (entry.isDirectory()) rmdirSync(join(entry.parentPath, entry.name));
    rmdirSync(group);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EBUSY") return false;
    throw error;
  }
}

function lookAround(): string | undefined {
  if (process.getuid?.() !== 0) return "that takes root";
  if (HIERARCHY === undefined) return "there are no control groups of version 2";
  const missing = [SYSTEMD, "bwrap", "nsenter", "python3"].find((name) => Bun.which(name) === null);
  if (missing !== undefined) return `there is no ${missing}`;
  const group = `${HIERARCHY}/poetry-test-try`;
  const mount =
    "--ro-bind / / --dev /dev --ro-bind /sys /sys --unshare-pid --unshare-cgroup --cap-add ALL --as-pid-1";
  const enter = `mkdir ${group} && echo $$ > ${group}/cgroup.procs && exec bwrap ${mount} mount -t cgroup2 cgroup2 /sys/fs/cgroup`;
  const tried = Bun.spawnSync(["sh", "-c", enter], { stdout: "ignore", stderr: "ignore" });
  if (existsSync(group)) rmdirSync(group);
  return tried.success ? undefined : "namespaces or control groups cannot be made here";
}
