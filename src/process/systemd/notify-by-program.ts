const PROGRAM = "systemd-notify";

/**
 * Sends a notification with systemd's own program, for systems where bun:ffi does not work. systemd accepts it only
 * with NotifyAccess=all, because that program is not the main process of the service.
 *
 * @param lines VARIABLE=value
 * @returns rejects with an Error if it could not be sent
 */
export async function notifyByProgram(socket: string, lines: readonly string[]): Promise<void> {
  if (Bun.which(PROGRAM) === null) throw new Error(`bun:ffi does not work here, and there is no ${PROGRAM}`);
  const isReloading = lines.includes("RELOADING=1");
  const [first, ...others] = lines;
  const words =
    isReloading && (await knowsReloading()) ? ["--reloading", ...others] : [first ?? "", ...others];
  const { code, complaint } = await run(words, { NOTIFY_SOCKET: socket });
  if (code !== 0) throw new Error(complaint.trim() || `${PROGRAM} exited with ${code}`);
}

let knows: Promise<boolean> | undefined;

/** Whether the program can add the time that RELOADING=1 needs from systemd 253 on; older versions do not need it. */
function knowsReloading(): Promise<boolean> {
  return (knows ??= run(["--help"], {}).then(({ help }) => help.includes("--reloading")));
}

async function run(words: readonly string[], environment: Record<string, string>) {
  const child = Bun.spawn([PROGRAM, ...words], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { stdout, stderr, exited } = child;
  const [help, complaint, code] = await Promise.all([stdout.text(), stderr.text(), exited]);
  return { help, complaint, code };
}
