/**
 * Runs a program to its end; returns its output.
 *
 * @throws {Error} with its output, if it fails
 */
export function run(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): string {
  const { cwd, env = {} } = options;
  const { success, stdout, stderr } = Bun.spawnSync([...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, LC_ALL: "C", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (success) return stdout.toString();
  throw new Error(`${command.join(" ")} failed:\n${stdout.toString()}${stderr.toString()}`);
}

/** The same, asynchronously. */
export async function runBeside(command: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, LC_ALL: "C", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const output = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed:\n${output}`);
}
