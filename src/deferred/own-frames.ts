/** The folder these files lie in, as stacks name it; `undefined` where they were bundled with other code. */
const folder = /([^\s()@]*[\\/])own-frames\.[jt]s/.exec(new Error("Here").stack ?? "")?.[1];

/**
 * A stack without the frames of this package: of V8's ten they would be half. If nothing else is in it, it stays as it
 * is, and so does the stack of a bundled program, where the files cannot be told apart.
 */
export function withoutOwnFrames(stack: string): string {
  if (folder === undefined) return stack;
  const lines = stack.split("\n");
  const others = lines.filter((line) => !isOwn(line));
  return others.some((line) => /^\s+at |@/.test(line)) ? others.join("\n") : stack;
}

function isOwn(line: string): boolean {
  return folder !== undefined && line.includes(folder) && /^\s+at |@/.test(line);
}
