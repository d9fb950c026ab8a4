import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { describeSystemError } from "../../net/errors.ts";

/** The longest secret, in bytes: a larger file must be a mistake. */
const MOST_BYTES = 64 * 1024;

/**
 * A secret from an environment variable.
 *
 * @throws {SyntaxError} if there is no such variable, or it is empty
 */
export function secretFromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new SyntaxError(`the environment has no variable ${name}`);
  return value;
}

/**
 * A secret from a file: its contents, without a trailing line end.
 *
 * @throws {SyntaxError} if it cannot be read, or is not a small file
 */
export function secretFromFile(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // Opening a named pipe without a writer would block.
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    if (!fstatSync(descriptor).isFile()) throw new Error("it is not a file");
    const length = readSync(descriptor, bytes);
    if (length > MOST_BYTES) throw new Error(`it is longer than ${MOST_BYTES} bytes`);
    const text = bytes.toString("utf8", 0, length).replace(/\r?\n$/, "");
    if (text === "") throw new Error("it is empty");
    return text;
  } catch (error) {
    throw new SyntaxError(`cannot read ${path}: ${describeSystemError(error)}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
