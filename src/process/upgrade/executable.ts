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

/** How this process was started. Read at once, because once the file has been replaced the system names the old one. */
const STARTED = { path: pathOfStart(), words: wordsOfStart() };

/** The command that starts the currently installed program as this one was started: the file, and its arguments. */
export function commandLine(): readonly [path: string, ...words: string[]] {
  return [STARTED.path, ...STARTED.words];
}

/**
 * The path we were called by, if it led to the running file: a link may lead to another file by now. Otherwise the path of
 * the running file, where another file may lie by now.
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

/** The arguments, after the script if this is not a compiled executable. */
function wordsOfStart(): string[] {
  const isCompiled = import.meta.url.includes("$bunfs");
  return process.argv.slice(isCompiled ? 2 : 1);
}

/** Why a command must not be started; undefined if it may. */
export function objectionTo([path, ...words]: ReturnType<typeof commandLine>): string | undefined {
  if (words.some((word) => word.includes("\uFFFD")))
    return "an argument of this process is not UTF-8, and cannot be given to another one";
  try {
    return objectionToFile(path);
  } catch (error) {
    return `${path} cannot be started: ${describeSystemError(error)}`;
  }
}

/** More links than any valid path has. */
const MOST_LINKS = 40;

/** Anyone who could replace the file would have it run as our user. */
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
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return `${file} is no file`;
    if (!isTrusted(uid)) return `${file} belongs to another user`;
    if ((mode & WRITABLE_BY_OTHERS) !== 0) return `${file} is writable by others`;
    accessSync(file, constants.X_OK);
    const missing = missingInterpreter(file);
    return missing && `${file} cannot be started: ${missing}`;
  }
  return `${path} leads through too many links`;
}

/** The folder and all its parents. */
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

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
