import { isText, bytesOf } from "../exact-arguments.ts";

/** A key from the command line as the control socket reads it: bytes that are no text as \x00. */
export function typedText(argument: string): string {
  if (isText(argument)) return argument;
  return Array.from(argument, (char) =>
    isText(char) ? char : `\\x${Buffer.from(bytesOf(char)).toString("hex")}`,
  ).join("");
}
