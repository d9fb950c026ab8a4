import { readFileSync } from "node:fs";
import { UsageError } from "../settings/setting.ts";

/** Each multi-byte character of UTF-8, or else a byte that is part of none, in a text decoded as Latin-1. */
const CHARACTERS =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** A lone surrogate, which valid text never contains: it stands for the byte in its low bits. */
const LONE = /[\u{DC80}-\u{DCFF}]/u;

/**
 * The arguments without loss: Bun decodes them as UTF-8 and replaces invalid bytes by U+FFFD. Here such a byte becomes
 * a lone surrogate, as in Python; `isText` detects these, and `bytesOf` restores the bytes.
 *
 * @param source what the system says was given; only Linux has it
 * @throws {UsageError} if an argument may have lost bytes, and `source` cannot be read
 */
export function exactArguments(argv: string[], source = "/proc/self/cmdline"): string[] {
  const doubtful = argv.find((argument) => argument.includes("\uFFFD"));
  if (doubtful === undefined) return argv;
  const given = readGiven(source);
  if (given === undefined)
    throw new UsageError(
      `Cannot read the argument "${doubtful}": it is not UTF-8, and ${source} cannot be read`,
    );
  return given.slice(-argv.length).map(fromBytes);
}

function readGiven(source: string): string[] | undefined {
  try {
    return readFileSync(source, "latin1").split("\0").slice(0, -1);
  } catch {
    return undefined;
  }
}

/** Whether an argument was valid UTF-8. */
export function isText(argument: string): boolean {
  return !LONE.test(argument);
}

/** The bytes of an argument as they were typed. */
export function bytesOf(argument: string): Uint8Array {
  const parts = Array.from(argument, (char) =>
    LONE.test(char) ? Uint8Array.of(char.charCodeAt(0) & 0xff) : new TextEncoder().encode(char),
  );
  return Buffer.concat(parts);
}

function fromBytes(latin1: string): string {
  return latin1.replace(CHARACTERS, (char) =>
    char.length === 1
      ? String.fromCharCode(0xdc00 + char.charCodeAt(0))
      : Buffer.from(char, "latin1").toString(),
  );
}
