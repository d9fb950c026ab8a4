import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { describeSystemError } from "../../net/errors.ts";

/** The longest secret, in bytes: a larger file is not a secret. */
const MOST_BYTES = 64 * 1024;

/** @throws {SyntaxError} if the environment has no such variable */
export function secretFromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new SyntaxError(`the environment has no variable ${name}`);
  return value;
}

/**
 * The contents of a file, without the trailing line end.
 *
 * @throws {SyntaxError} if it cannot be read, or is not a small file
 */
export function secretFromFile(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // A pipe without a writer would block.
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
