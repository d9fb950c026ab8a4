/** A socket that systemd opened for this process. */
export interface GivenSocket {
  readonly fd: number;
  /** Its name in the unit, FileDescriptorName=; absent: none. */
  readonly name?: string | undefined;
}

/** What a service manager passes to a process in its environment: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). */
export interface Given {
  /** Where to send notifications: a path, or `@` and a name; absent: nowhere. */
  readonly notifySocket?: string | undefined;
  /** Milliseconds without a sign of life after which it considers the process hung; absent: never. */
  readonly watchdog?: number | undefined;
  readonly sockets: readonly GivenSocket[];
}

type Environment = Record<string, string | undefined>;

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
 * Removes from the environment what is meant for this process alone, so that its children do not inherit it.
 *
 * @param pid this process: variables that name another one are not for it
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

/** The variables that pass the same on to a process that takes over from this one; sockets are handed over differently. */
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

/** Without FileDescriptorName= a socket has the name of its unit, or `unknown` without a unit. */
function nameOf(name = ""): string | undefined {
  return name === "" || name === "unknown" || name.endsWith(".socket") ? undefined : name;
}

function countIn(text = ""): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
