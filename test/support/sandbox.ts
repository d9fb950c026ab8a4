import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TempDir } from "./temp-dir.ts";

const UNIT = join(import.meta.dirname, "../../contrib/systemd/poetry-proxy.service");
const FILTER = join(import.meta.dirname, "system-calls.py");

/** Debian's, because it has python3-seccomp. */
const PYTHON = "/usr/bin/python3";

/** With a JIT, or as under MemoryDenyWriteExecute=yes. */
export type Memory = "jit" | "mdwe";

/** Whether processes can be restricted here as systemd does; if not, why. */
export const sandboxes: { readonly possible: boolean; readonly why: string } = lookAround();

/**
 * A sandbox with the restrictions of our systemd unit, by bubblewrap: everything is read-only except a run-time and a
 * state directory, /tmp and most namespaces are private, there are no capabilities, the user has no name, /proc shows
 * only processes, and system calls are filtered as in the unit.
 */
export class Sandbox implements AsyncDisposable {
  readonly #dir = new TempDir();
  readonly #filter: string;

  constructor(memory: Memory) {
    for (const name of ["run", "state", "proc"]) mkdirSync(this.pathOf(name));
    chmodSync(this.#dir.path, 0o755);
    this.#filter = this.pathOf("filter");
    const input = Buffer.from([...allowedCalls()].join(" "));
    const made = Bun.spawnSync([PYTHON, FILTER, this.#filter, memory], { stdin: input });
    if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  }

  /** Writes a file that is visible inside, at the same path. */
  write(name: string, content: string | Uint8Array): Promise<string> {
    return this.#dir.write(name, content);
  }

  /** A path that is visible inside; writable under `run` and `state`. */
  pathOf(name: string): string {
    return join(this.#dir.path, name);
  }

  /** The prefix of a command to run it inside. */
  wrapper(environment: Readonly<Record<string, string>> = {}): string[] {
    const variables = { PATH: "/usr/bin:/bin", ...environment };
    const { path } = this.#dir;
    const mayWrite = ["run", "state"].map((name) => this.pathOf(name));
    return [
      ...PROCESSES.trim().split(/\s+/),
      PREPARE,
      this.pathOf("proc"),
      this.#filter,
      "bwrap",
      ...RESTRICTIONS.trim().split(/\s+/),
      "--bind",
      this.pathOf("proc"),
      "/proc",
      "--ro-bind",
      path,
      path,
      ...mayWrite.flatMap((each) => ["--bind", each, each]),
      ...Object.entries(variables).flatMap((each) => ["--setenv", ...each]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }
}

const PROCESSES = "unshare --pid --fork --kill-child --mount-proc --propagation private sh -c";

const RESTRICTIONS = `
  --ro-bind / / --dev /dev --tmpfs /tmp --tmpfs /home --tmpfs /root
  --unshare-user --uid 61234 --gid 61234 --unshare-ipc --unshare-uts --unshare-cgroup-try
  --cap-drop ALL --new-session --die-with-parent --clearenv --seccomp 9
`;

/** ProcSubset=pid and ProtectProc=invisible; the filter goes to bubblewrap as descriptor 9. */
const PREPARE =
  'mount -t proc -o subset=pid,hidepid=invisible proc "$0" && exec 9<"$1" && shift && exec "$@"';

/** The system calls that the unit allows. */
function allowedCalls(): Set<string> {
  const lines = readFileSync(UNIT, "utf8").match(/^SystemCallFilter=.*$/gm) ?? [];
  let allowed = callsOf("@default");
  for (const line of lines) {
    const [, not, names = ""] = /=(~?)(.*)/.exec(line) ?? [];
    for (const calls of names.split(" ").map(callsOf))
      allowed = not === "~" ? allowed.difference(calls) : allowed.union(calls);
  }
  return allowed;
}

/** A system call, or those of a group as defined by systemd. */
function callsOf(name: string): Set<string> {
  if (!name.startsWith("@")) return new Set([name]);
  const { stdout } = Bun.spawnSync(["systemd-analyze", "--no-pager", "syscall-filter", name]);
  const names = stdout
    .toString()
    .split("\n")
    .slice(1)
    .map((line) => line.trim());
  return new Set(names.filter((each) => /^[@a-z_]/.test(each)).flatMap((each) => [...callsOf(each)]));
}

function ran(...command: string[]): boolean {
  return Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" }).success;
}

function lookAround() {
  const programs = ["bwrap", "unshare", "systemd-analyze", "systemd-notify", PYTHON];
  const missing = programs.find((name) => Bun.which(name) === null);
  if (missing !== undefined) return { possible: false, why: `there is no ${missing}` };
  if (!ran(PYTHON, "-c", "import seccomp")) return { possible: false, why: "there is no python3-seccomp" };
  const tried = ran(
    "unshare",
    "--pid",
    "--fork",
    "--mount-proc",
    "bwrap",
    "--unshare-user",
    "--bind",
    "/",
    "/",
    "true",
  );
  return tried ? { possible: true, why: "" } : { possible: false, why: "namespaces are not allowed here" };
}
