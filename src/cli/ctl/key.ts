import { typedKey } from "../../admin/control/key-text.ts";
import { UsageError } from "../../settings/setting.ts";
import { isText, bytesOf } from "../exact-arguments.ts";

/**
 * A key from the command line in the form that the control socket reads: invalid UTF-8 as \x00.
 *
 * @throws {UsageError} for an invalid escape
 */
export function typedText(argument: string): string {
  const text = isText(argument) ? argument : Array.from(argument, escaped).join("");
  try {
    typedKey(text);
  } catch (error) {
    throw new UsageError(`Bad KEY "${text}": ${(error as Error).message}`);
  }
  return text;
}

function escaped(char: string): string {
  return isText(char) ? char : `\\x${Buffer.from(bytesOf(char)).toString("hex")}`;
}
