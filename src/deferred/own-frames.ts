/** The folder these files lie in, as stacks name it; `undefined` where they were bundled with other code. */
const folder = /([^\s()@]*)own-frames\.[jt]s/.exec(String(new Error().stack))?.[1];

/**
 * A stack without the frames of this package: of V8's ten they would be half. That of a bundled program stays as it is,
 * because there the files cannot be told apart.
 */
export function withoutOwnFrames(stack: string): string {
  const isOther = (line: string): boolean => !line.includes(folder!);
  return folder ? stack.split("\n").filter(isOther).join("\n") : stack;
}
