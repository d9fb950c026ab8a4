/**
 * Why the supervisor of this process would not notice that another one takes its place; undefined if it would.
 *
 * @param isHeard whether a service manager is told which process is the main one
 */
export function objectionToLeaving(isHeard: boolean): string | undefined {
  if (process.pid === 1) return "this is process 1, with which its container ends";
  if (isHeard || process.env.SYSTEMD_EXEC_PID !== `${process.pid}`) return undefined;
  return "systemd would take the end of this process for that of its service, which needs Type=notify";
}
