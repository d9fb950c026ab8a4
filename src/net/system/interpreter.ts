import { closeSync, existsSync, openSync, readSync } from "node:fs";

/** As much of a file as the kernel reads to see how it is to be started, and then some. */
const HEAD_BYTES = 4096;

/** elf(5), 64 bits, little-endian: where the program headers are, and what is in one. */
const PHOFF = 32;
const PHENTSIZE = 54;
const PHNUM = 56;
const P_OFFSET = 8;
const P_FILESZ = 32;
const PT_INTERP = 3;

/**
 * Why a file cannot be started because of what is to run it: the interpreter of a script (`#!`), or the loader of an
 * executable, such as musl's where there is only glibc. The system says "no such file" then, as if it meant the file.
 *
 * @returns undefined if that is there, if none is needed, or if that cannot be seen
 */
export function missingInterpreter(path: string): string | undefined {
  const head = headOf(path);
  const interpreter = head && (interpreterOfScript(head) ?? loaderOf(head));
  return interpreter === undefined || interpreter === "" || existsSync(interpreter)
    ? undefined
    : `there is no ${interpreter}, which is to run it`;
}

function headOf(path: string): Buffer | undefined {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(HEAD_BYTES);
      return bytes.subarray(0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // It may be started without being read.
  }
}

function interpreterOfScript(head: Buffer): string | undefined {
  return /^#![ \t]*([^\s\0]+)/.exec(head.toString("latin1"))?.[1];
}

function loaderOf(head: Buffer): string | undefined {
  if (head.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return undefined;
  const first = Number(head.readBigUInt64LE(PHOFF));
  const size = head.readUInt16LE(PHENTSIZE);
  for (let index = 0; index < head.readUInt16LE(PHNUM); index++) {
    const at = first + index * size;
    if (at + size > head.length) return undefined;
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const offset = Number(head.readBigUInt64LE(at + P_OFFSET));
    const length = Number(head.readBigUInt64LE(at + P_FILESZ));
    return head.toString("utf8", offset, offset + length).replace(/\0.*$/s, "");
  }
  return undefined;
}
