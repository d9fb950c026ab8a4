/** A socket that systemd opened for this process. */
export interface GivenSocket {
  readonly fd: number;
  /** What its unit calls it, FileDescriptorName=; absent: nothing in particular. */
  readonly name?: string | undefined;
}

/** What a service manager gives a process by its environment: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). */
export interface Given {
  /** Where it wants to hear how things are: a path, or `@` and a name; absent: it does not. */
  readonly notifySocket?: string | undefined;
  /** Milliseconds without a sign of life after which it takes the process for hung; absent: it never does. */
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

/** The first descriptor that can be given: SD_LISTEN_FDS_START. */
const FIRST_FD = 3;

/**
 * Takes from the environment what is meant for this process alone, so that no child of it finds it.
 *
 * @param pid this process: what names another one is not for it
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

/** The variables by which another process, which takes the place of this one, is given the same; sockets are handed over otherwise. */
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

/** A socket whose unit does not name it is called as the unit is, and `unknown` where there is none. */
function nameOf(name = ""): string | undefined {
  return name === "" || name === "unknown" || name.endsWith(".socket") ? undefined : name;
}

function countIn(text = ""): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
