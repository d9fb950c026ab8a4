import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Stop } from "./stop.ts";

/** Signals that ask a program to end. */
const STOP = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const;

/**
 * Signals that end a program at once unless it handles them; the kernel would then close its connections cleanly, so
 * that half an answer would look complete. Not those of a crash, such as SIGSEGV: after these a program cannot
 * continue.
 */
const ABRUPT = ["SIGABRT", "SIGXCPU", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGSYS"] as const;

/** Signals that would also end a program, but that other programs, and parts of this one, use as commands. */
const IGNORED = ["SIGUSR1", "SIGUSR2", "SIGALRM"] as const;

/**
 * Calls `listener` for every stop signal and every uncaught exception.
 *
 * @param hungUp called for SIGHUP instead
 */
export function onStop(listener: (stop: Stop) => void, hungUp?: () => void): void {
  for (const name of STOP) {
    if (name === "SIGHUP" && hungUp) {
      process.on(name, hungUp);
      continue;
    }
    if (name === "SIGHUP" && startedUnderNohup()) continue; // A handler would undo nohup.
    process.on(name, () => listener({ signal: constants.signals[name], name }));
  }
  for (const name of ABRUPT)
    process.on(name, () => listener({ signal: constants.signals[name], name, isAbrupt: true }));
  for (const name of IGNORED) process.on(name, () => {});
  process.on("uncaughtException", (bug) => listener({ bug }));
  process.on("unhandledRejection", (bug) => listener({ bug }));
}

/** Calls `listener` whenever the log file has been moved away and must be reopened. */
export function onReopen(listener: () => void): void {
  process.on("SIGUSR1", listener);
}

/** Calls `listener` whenever a new process, started from the currently installed file, is to take over. */
export function onUpgrade(listener: () => void): void {
  process.on("SIGUSR2", listener);
}

/** Whether SIGHUP (signal 1) was already ignored when this process started, as nohup does. */
export function startedUnderNohup(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return mask !== undefined && (Number(`0x${mask.slice(-8)}`) & 1) === 1;
  } catch {
    return false; // Not on Linux.
  }
}
