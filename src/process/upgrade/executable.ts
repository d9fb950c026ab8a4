import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { describeSystemError } from "../../net/errors.ts";
import { missingInterpreter } from "../../net/system/interpreter.ts";

/** How this process was started. Read at start, because once the file is replaced, the system names the deleted one. */
const STARTED = { path: pathOfStart(), words: wordsOfStart() };

/** The command that starts the installed program in the same way as this process: a path, and its arguments. */
export function commandLine(): readonly [path: string, ...words: string[]] {
  return [STARTED.path, ...STARTED.words];
}

/**
 * The path that this process was started by, if it led to the running file: as a link it may lead to a newer one by
 * now. Otherwise the path of the running file, which may have been replaced.
 */
function pathOfStart(): string {
  const running = process.execPath.replace(/ \(deleted\)$/, (end) =>
    existsSync(process.execPath) ? end : "",
  );
  try {
    const [called = ""] = readFileSync("/proc/self/cmdline", "utf8").split("\0");
    const path = called.includes("/") ? resolve(called) : Bun.which(called);
    return path !== null && realpathSync(path) === running ? path : running;
  } catch {
    return running; // Not on Linux, or the file is gone already.
  }
}

/** The arguments of this process; uncompiled, the script is the first of them. */
function wordsOfStart(): string[] {
  const isCompiled = import.meta.url.includes("$bunfs");
  return process.argv.slice(isCompiled ? 2 : 1);
}

/** Why a command must not be started; undefined if it may. */
export function objectionTo([path, ...words]: ReturnType<typeof commandLine>): string | undefined {
  if (words.some((word) => word.includes("\uFFFD")))
    return "an argument of this process is not UTF-8, and cannot be passed to another one";
  try {
    return objectionToFile(path);
  } catch (error) {
    return `${path} cannot be started: ${describeSystemError(error)}`;
  }
}

/** More symbolic links than any valid path has: Linux allows 40. */
const MOST_LINKS = 40;

/** Why the file must not be started: whoever can replace it would have it run as our user. */
function objectionToFile(path: string): string | undefined {
  let file = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const unsafe = objectionToFolders(dirname(file));
    if (unsafe !== undefined) return unsafe;
    const { mode, uid } = lstatSync(file);
    if ((mode & constants.S_IFMT) === constants.S_IFLNK) {
      file = resolve(realpathSync(dirname(file)), readlinkSync(file));
      continue;
    }
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return `${file} is not a regular file`;
    if (!isTrusted(uid)) return `${file} belongs to another user`;
    if ((mode & WRITABLE_BY_OTHERS) !== 0) return `${file} is writable by others`;
    accessSync(file, constants.X_OK);
    const missing = missingInterpreter(file);
    return missing && `${file} cannot be started: ${missing}`;
  }
  return `${path} leads through too many symbolic links`;
}

/** The same for the folder and all its parents, where the file could be replaced by a rename. */
function objectionToFolders(folder: string): string | undefined {
  for (let each = realpathSync(folder); ; each = dirname(each)) {
    const { mode, uid } = lstatSync(each);
    if (!isTrusted(uid)) return `the folder ${each} belongs to another user`;
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0)
      return `the folder ${each} is writable by others`;
    if (each === dirname(each)) return undefined;
  }
}

const WRITABLE_BY_OTHERS = constants.S_IWGRP | constants.S_IWOTH;
/** In a sticky folder such as /tmp, only the owner may replace a file. */
const STICKY = 0o1000;

/** Files of root and of our own user are safe from others. */
function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
