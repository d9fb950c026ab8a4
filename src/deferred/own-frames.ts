/** The folder of these files, as stacks name it; if they were bundled with other code, what no line contains. */
const folder = /([^\s()@]*)own-frames\./.exec(new Error().stack!)?.[1] ?? "\n";

/**
 * A stack without the frames of this package, which would be half of V8's ten. In a bundled program it stays unchanged,
 * because the files cannot be told apart there.
 */
export function withoutOwnFrames(stack: string): string {
  return stack
    .split("\n")
    .filter((line) => !line.includes(folder))
    .join("\n");
}
