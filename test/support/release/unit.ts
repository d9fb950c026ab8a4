import { existsSync, mkdirSync, readFileSync } from "node:fs";

/** A user id that systemd might allocate for a service with DynamicUser. */
const UID = 61234;

/** Folders that systemd makes for a service: where they are, and the variables that name them. */
const FOLDERS: Readonly<Record<string, readonly [parent: string, variable: string]>> = {
  RuntimeDirectory: ["/run", "RUNTIME_DIRECTORY"],
  StateDirectory: ["/var/lib", "STATE_DIRECTORY"],
  LogsDirectory: ["/var/log", "LOGS_DIRECTORY"],
};

const HIDDEN = ["/tmp", "/var/tmp", "/home", "/root"];

/** A unit, as far as bubblewrap and setpriv can put a program under its restrictions. */
export class Unit {
  readonly #settings: ReadonlyMap<string, string>;

  constructor(path: string) {
    if (!existsSync(path)) throw new Error(`There is no unit ${path}`);
    const lines = readFileSync(path, "utf8").matchAll(/^([A-Z]\w+)=(.*)$/gm);
    this.#settings = new Map(Array.from(lines, ([, name = "", value = ""]) => [name, value]));
  }

  /**
   * Arguments of bubblewrap: the system in `root`, read-only, without the homes, devices and temporary files of others.
   */
  mounts(root: string): string[] {
    for (const [name, value] of REQUIRED)
      if (this.#settings.get(name) !== value)
        throw new Error(`${name}=${this.#settings.get(name)}, not ${value}`);
    const own = this.#folders.map(({ path }) => path).filter((path) => !path.startsWith("/run/"));
    for (const path of own) mkdirSync(root + path, { recursive: true });
    return ["--ro-bind", root, "/", ...[...HIDDEN, ...own].flatMap((path) => ["--tmpfs", path])];
  }

  /** For a shell in there: starts what the unit does, as its user, without any capability or a way to one. */
  get start(): string {
    const made = this.#folders.map(({ path }) => `install -d -o ${UID} ${path}`).join("; ");
    const named = this.#folders.map(({ path, variable }) => `${variable}=${path}`).join(" ");
    const ids = `--reuid ${UID} --regid ${UID} --clear-groups`;
    const powers = "--no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all";
    return `${made}; exec env ${named} setpriv ${ids} ${powers} ${this.#settings.get("ExecStart")}`;
  }

  get #folders(): { path: string; variable: string }[] {
    return Object.entries(FOLDERS).flatMap(([name, [parent, variable]]) => {
      const folder = this.#settings.get(name);
      return folder === undefined ? [] : { path: `${parent}/${folder}`, variable };
    });
  }
}

/** The settings that the sandbox imitates: a unit with others needs another sandbox. */
const REQUIRED = [
  ["CapabilityBoundingSet", ""],
  ["DynamicUser", "yes"],
  ["NoNewPrivileges", "yes"],
  ["PrivateDevices", "yes"],
  ["PrivateTmp", "yes"],
  ["ProtectHome", "yes"],
  ["ProtectSystem", "strict"],
] as const;
