/** A socket that systemd opened for this process. */
export interface GivenSocket {
  readonly fd: number;
  /** Its name in the unit, FileDescriptorName=; absent: none. */
  readonly name?: string | undefined;
}

/**
 * What a service manager passes to a process in its environment: sd_notify(3), sd_watchdog_enabled(3),
 * sd_listen_fds(3).
 */
export interface Given {
  /** Where to send notifications: a path, or `@` and a name; absent: nowhere. */
  readonly notifySocket?: string | undefined;
  /** How long the process may send no sign of life before it is considered hung, in milliseconds; absent: forever. */
  readonly watchdog?: number | undefined;
  readonly sockets: readonly GivenSocket[];
}

type Environment = Record<string, string | undefined>;

/** All variables that are for this process only. */
const VARIABLES = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
] as const;

/** The first descriptor that can be passed: SD_LISTEN_FDS_START. */
const FIRST_FD = 3;

/**
 * Reads what the service manager passes to this process, and removes it from the environment, so that children, such as
 * filters, do not inherit it.
 *
 * @param pid the process id of this process: variables for another one are ignored
 */
export function takeGiven(environment: Environment = process.env, pid = process.pid): Given {
  const { NOTIFY_SOCKET = "", WATCHDOG_USEC, WATCHDOG_PID, ...rest } = environment;
  for (const name of VARIABLES) delete environment[name];
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === `${pid}`;
  const microseconds = isOurs ? countIn(WATCHDOG_USEC) : 0;
  return {
    ...(NOTIFY_SOCKET !== "" && { notifySocket: NOTIFY_SOCKET }),
    ...(microseconds > 0 && { watchdog: microseconds / 1000 }),
    sockets: rest.LISTEN_PID === `${pid}` ? socketsOf(rest) : [],
  };
}

/**
 * The variables for a process that takes over from this one. Sockets are not among them: they are handed over by IPC.
 */
export function environmentOf({ notifySocket, watchdog }: Given): Environment {
  return {
    ...(notifySocket !== undefined && { NOTIFY_SOCKET: notifySocket }),
    ...(watchdog !== undefined && { WATCHDOG_USEC: `${Math.round(watchdog * 1000)}` }),
  };
}

function socketsOf({ LISTEN_FDS, LISTEN_FDNAMES = "" }: Environment): GivenSocket[] {
  const names = LISTEN_FDNAMES.split(":");
  return Array.from({ length: countIn(LISTEN_FDS) }, (_, index) => ({
    fd: FIRST_FD + index,
    name: nameOf(names[index]),
  }));
}

/** The name, unless it is systemd's default: the name of the socket unit, or `unknown`. */
function nameOf(name = ""): string | undefined {
  return name === "" || name === "unknown" || name.endsWith(".socket") ? undefined : name;
}

/** A whole number; 0 for anything else. */
function countIn(text = ""): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
