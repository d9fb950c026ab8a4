/**
 * Why this process must not be replaced: whatever supervises it would see it end, and stop or restart the service.
 * Undefined if it may be.
 *
 * @param notifies whether a service manager is notified which process is the main one
 */
export function objectionToLeaving(notifies: boolean): string | undefined {
  if (process.pid === 1) return "this is process 1, and its container would end with it";
  if (notifies || process.env.SYSTEMD_EXEC_PID !== `${process.pid}`) return undefined;
  return "systemd would take the end of this process for the end of the service: use Type=notify";
}
