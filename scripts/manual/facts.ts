/** What the pages say that no setting does. docs/decisions/0001 has the reasons for the exit codes. */

export const EXIT_CODES = [
  ["0", "Done. Of a service: it was told to stop, and every client was served."],
  ["1", "Failed. Of a service: it could not start, or clients were reset at the end of --drain-timeout."],
  ["2", "Wrong usage, or mistakes in a file: standard error says which."],
  ["70", "A bug. Clients not yet served were reset; please report what standard error says."],
  ["128 + N", "Signal N ended it: for a service the second one, which resets whoever is left."],
  ["141", "Nobody read standard output any more."],
] as const;

export const SIGNALS = [
  ["SIGTERM, SIGINT, SIGQUIT", "The first one drains: no new clients, those that are there may finish."],
  ["SIGHUP", "With up: reads the files again. Otherwise, unless it was ignored at the start, it drains."],
  ["SIGUSR1", "Opens the file of --log-file again, after it has been renamed."],
  ["SIGUSR2", "Starts the executable anew, hands over to it, and ends; if that fails, all stays as it is."],
] as const;

export const ENVIRONMENT = [
  ["POETRY_CONTROL", "The control socket that ctl uses unless --socket names one."],
  ["RUNTIME_DIRECTORY", "Set by systemd: services make their control socket in it, and ctl looks there."],
  ["LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES", "Set by systemd: sockets that it has opened for services."],
  [
    "NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID",
    "Set by systemd: it is told when services serve, and that they live.",
  ],
  ["JOURNAL_STREAM", "Set by systemd: log lines carry a priority instead of the time."],
  ["NO_COLOR", "If it is set, headings of help are not printed in bold."],
] as const;

export const FILES = [
  ["/etc/poetry-proxy/poetry.toml", "What up and check read without an argument."],
  ["/run/poetry-proxy/control.sock", "Where the packages' service takes orders."],
] as const;
