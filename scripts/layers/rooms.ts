/**
 * THE table of the code base: what each room is about, which rooms it may import, and which packages and globals it may
 * use. The checks in this folder and the drawings in docs/architecture.md derive from it.
 */

/** Something that a room may import: another room, one file of it, or only its types. */
export interface Arrow {
  /** `net`, or `protocols/printable` for one file of a room. */
  readonly to: string;
  /** Only with `import type`. */
  readonly onlyTypes?: true;
}

export interface Room {
  /** What it is about, in a few words. */
  readonly knows: string;
  /** The rooms that it may import besides itself. */
  readonly mayImport: readonly Arrow[];
  /** Subfolders that belong to this room. */
  readonly folders?: readonly string[];
  /** The only files that other rooms may import; default: all. */
  readonly doors?: readonly string[];
  /** Packages and modules of the platform that it may import. */
  readonly packages: readonly string[];
  /** Globals that it may use besides the language's; `Bun`, `process` and the like are listed member by member. */
  readonly globals: readonly string[];
}

/** What every room of services may import besides `services` itself. */
const BELOW = ["protocols", "net", "cache", "deferred", "time"];
/** `services` and all rooms in it. */
export const SERVICES = [
  "services",
  "services/visit",
  "services/fetch",
  "services/poems",
  "services/proxy",
  "services/transform",
];

/** The rooms by folder. A file belongs to the room of its own folder, not to that of a folder above. */
export const ROOMS: Readonly<Record<string, Room>> = {
  time: {
    knows: "clocks, deadlines, backoff: the only room that reads a clock or sets a timer",
    mayImport: [],
    packages: [],
    globals: ["Date", "setTimeout", "clearTimeout", "setImmediate", "performance"],
  },
  deferred: {
    knows: "Twisted's Deferred, a library in its own right",
    mayImport: arrows("time"),
    doors: ["mod.ts"],
    packages: [],
    globals: [
      "AbortController",
      "AbortSignal",
      "console.error",
      "process.exitCode",
      "process.once",
      "process.versions",
      "queueMicrotask",
      "reportError",
    ],
  },
  net: {
    knows: "sockets",
    mayImport: arrows("deferred", "time"),
    folders: ["clients", "socket", "system", "tls", "unix"],
    packages: [
      "bun",
      "bun:ffi",
      "node:crypto",
      "node:fs",
      "node:net",
      "node:os",
      "node:path",
      "node:stream",
      "node:tls",
    ],
    globals: [
      "Buffer",
      "Bun.connect",
      "Bun.dns",
      "Bun.listen",
      "process.getegid",
      "process.getgid",
      "process.getgroups",
      "process.pid",
      "process.platform",
      "process.umask",
    ],
  },
  protocols: {
    knows: "bytes without sockets",
    mayImport: [...onlyTypes("net"), ...arrows("deferred")],
    folders: ["buffers", "peers"],
    packages: ["re2js"],
    globals: ["Buffer", "TextDecoder"],
  },
  cache: {
    knows: "keys, values and their ages",
    mayImport: arrows("deferred", "time"),
    packages: [],
    globals: [],
  },
  stores: {
    knows: "second levels of the cache: in a file, or shared between nodes",
    mayImport: arrows("cache", "deferred", "time"),
    folders: ["redis", "sqlite"],
    packages: ["bun:sqlite", "node:fs", "node:worker_threads"],
    globals: [
      "Buffer",
      "Bun.CryptoHasher",
      "Bun.RedisClient",
      "Bun.hash",
      "MessageEvent",
      "TextDecoder",
      "TextEncoder",
      "URL",
      "Worker",
      "import.meta.url",
      "process.geteuid",
    ],
  },
  services: {
    knows: "what all services share",
    mayImport: arrows(...BELOW),
    packages: [],
    globals: [],
  },
  "services/visit": {
    knows: "one client, from its connection to its end",
    mayImport: arrows("services", ...BELOW),
    packages: ["ms"],
    globals: [],
  },
  "services/fetch": {
    knows: "one fetch from the upstreams",
    folders: ["upstreams"],
    mayImport: arrows("services", ...BELOW),
    packages: ["ms"],
    globals: [],
  },
  "services/poems": {
    knows: "files served as poems, and the client that fetches them",
    mayImport: arrows("services", "services/visit", "services/fetch", ...BELOW),
    packages: ["node:fs", "node:fs/promises", "node:path"],
    globals: ["TextDecoder", "TextEncoder"],
  },
  "services/proxy": {
    knows: "the caching proxy: requests, keys, policy",
    mayImport: arrows("services", "services/visit", "services/fetch", ...BELOW),
    packages: [],
    globals: [],
  },
  "services/transform": {
    knows: "transformations: built in, by external programs, by other servers",
    mayImport: arrows("services", "services/proxy", "services/visit", "services/fetch", ...BELOW),
    packages: ["ms"],
    globals: [
      "Bun.CryptoHasher",
      "Bun.spawn",
      "Bun.which",
      "TextDecoder",
      "TextEncoder",
      "process.env",
      "process.kill",
    ],
  },
  observe: {
    knows: "events as log lines and metrics; no service knows that it is observed",
    mayImport: [
      ...onlyTypes("net/transport", "protocols/frame"),
      ...arrows(...SERVICES, "protocols/printable", "net/address", "net/ending", "time"),
    ],
    folders: ["numbers"],
    packages: ["consola/core", "ms"],
    globals: ["Buffer", "Bun.CryptoHasher", "crypto"],
  },
  admin: {
    knows: "a small HTTP/1.1 server and client",
    mayImport: arrows("net", "deferred", "time"),
    packages: ["node:net"],
    globals: ["Buffer", "TextDecoder", "URLSearchParams"],
  },
  "admin/page": {
    knows: "the status page: its HTML, and the script that updates it in a browser",
    mayImport: [...arrows("observe/numbers/size"), ...onlyTypes("admin", "observe/numbers/status")],
    packages: ["ms", "uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css"],
    globals: [],
  },
  "admin/watch": {
    knows:
      "the read-only view of a process: metrics, readiness, status; nothing it can reach changes anything",
    mayImport: [
      ...arrows("admin", "admin/page", "observe/numbers/prometheus", "observe/numbers/plots"),
      ...arrows("observe/numbers/status", "deferred", "time"),
      ...onlyTypes("observe/numbers/watched", "observe/numbers/history"),
    ],
    packages: [],
    globals: [],
  },
  "admin/control": {
    knows: "commands to a process: purge, hold, drain and so on",
    mayImport: [
      ...arrows("admin/watch", "admin", "protocols/bytes", "cache/listing", "services/kept-answers"),
      ...arrows("deferred", "time"),
      ...onlyTypes("observe/log", "protocols/pattern", "cache", "services"),
    ],
    packages: [],
    globals: ["Buffer", "TextDecoder"],
  },
  settings: {
    knows: "every setting: unit, parser, default, help, presets",
    mayImport: [
      ...arrows("protocols", "net", "cache", "services/fetch/answer-rules"),
      ...onlyTypes(...SERVICES),
    ],
    folders: ["rows", "checks", "file", "presets"],
    packages: ["fastest-levenshtein", "ms"],
    globals: ["Buffer", "URL"],
  },
  "process/config": {
    knows: "configuration files: parsing, tables, error reports",
    mayImport: arrows("settings", "protocols/printable", "net"),
    packages: ["ms", "node:fs", "node:fs/promises", "node:path"],
    globals: ["Buffer", "TextDecoder", "process.env"],
  },
  "process/systemd": {
    knows: "systemd: the sockets it passes, and the notifications it expects",
    mayImport: arrows("net", "deferred", "time"),
    packages: [],
    globals: ["Buffer", "Bun.spawn", "Bun.which", "process.env", "process.pid"],
  },
  "process/upgrade": {
    knows: "how a new process takes over from this one, or this one from an old one",
    mayImport: [...arrows("net", "deferred", "time"), ...onlyTypes("observe/events", "services/observer")],
    packages: ["../package.json", "ms", "node:fs", "node:path"],
    globals: [
      "Bun.Subprocess",
      "Bun.spawn",
      "Bun.which",
      "import.meta.url",
      "process.argv",
      "process.disconnect",
      "process.env",
      "process.execPath",
      "process.getuid",
      "process.on",
      "process.kill",
      "process.pid",
      "process.ppid",
      "process.send",
    ],
  },
  process: {
    knows: "what runs in one process, and how it stops",
    mayImport: arrows(
      "process/config",
      "process/systemd",
      "process/upgrade",
      "admin",
      "admin/watch",
      "admin/control",
      "observe",
      "settings",
      "stores",
      ...SERVICES,
      "cache",
      "protocols/pattern",
      "net",
      "deferred",
      "time",
    ),
    folders: ["roster"],
    packages: ["../package.json", "bun:jsc", "node:fs", "node:fs/promises", "node:os", "node:path"],
    globals: [
      "Bun.CryptoHasher",
      "Bun.version",
      "NodeJS.ErrnoException",
      "URL",
      "crypto",
      "process.cpuUsage",
      "process.env",
      "process.getuid",
      "process.memoryUsage",
      "process.on",
      "process.pid",
      "process.umask",
      "process.uptime",
    ],
  },
  cli: {
    knows: "arguments in, exit code out",
    mayImport: [
      ...arrows(
        "process",
        "process/config",
        "admin/client",
        "admin/control/key-text",
        "observe",
        "settings",
        ...SERVICES,
        "protocols/printable",
      ),
      ...arrows("net", "deferred", "time"),
      ...onlyTypes("admin/control/entries"),
    ],
    folders: ["commands", "completion", "ctl", "get"],
    packages: [
      "../package.json",
      "citty",
      "ms",
      "node:fs",
      "node:fs/promises",
      "node:path",
      "node:tty",
      "node:util",
    ],
    globals: [
      "Buffer",
      "Bun.sleepSync",
      "TextDecoder",
      "TextEncoder",
      "process.env",
      "process.execPath",
      "process.stderr",
      "process.stdout",
    ],
  },
};

function arrows(...targets: readonly string[]): Arrow[] {
  return targets.map((to) => ({ to }));
}

function onlyTypes(...targets: readonly string[]): Arrow[] {
  return targets.map((to) => ({ to, onlyTypes: true }));
}

/** The room of a file of src; `undefined` if its folder is neither a room nor one of a room's `folders`. */
export function roomOf(path: string, rooms = ROOMS): string | undefined {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  if (Object.hasOwn(rooms, folder)) return folder;
  const slash = folder.lastIndexOf("/");
  const [outer, inner] = [folder.slice(0, Math.max(0, slash)), folder.slice(slash + 1)];
  return Object.hasOwn(rooms, outer) && rooms[outer]?.folders?.includes(inner) ? outer : undefined;
}
