/** The folder of these files, as stacks name it; `undefined` if they were bundled with other code. */
const folder = /([^\s()@]*)own-frames\.[jt]s/.exec(String(new Error().stack))?.[1];

/**
 * A stack without the frames of this package, which would be half of V8's ten. In a bundled program it stays unchanged,
 * because the files cannot be told apart there.
 */
export function withoutOwnFrames(stack: string): string {
  const isOther = (line: string): boolean => !line.includes(folder!);
  return folder ? stack.split("\n").filter(isOther).join("\n") : stack;
}
