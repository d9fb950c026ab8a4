import { isText, bytesOf } from "../exact-arguments.ts";

/** A key from the command line, in the form that the control socket takes: bytes that are not UTF-8 as `\xff`. */
export function typedText(argument: string): string {
  if (isText(argument)) return argument;
  return Array.from(argument, (char) =>
    isText(char) ? char : `\\x${Buffer.from(bytesOf(char)).toString("hex")}`,
  ).join("");
}
