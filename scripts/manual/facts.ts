/** Facts in the manual that no setting describes. docs/decisions/0001 explains the exit codes. */

export const EXIT_CODES = [
  ["0", "Done. For a service: it was stopped, and every client was served."],
  ["1", "Failed. For a service: it could not start, or clients were reset at the end of --drain-timeout."],
  ["2", "Wrong usage, or a mistake in a configuration file; see standard error."],
  ["70", "A bug. Unfinished clients were reset; please report the message on standard error."],
  [
    "128 + N",
    "Ended by signal N; a service ends like this on a second signal, which resets the remaining clients.",
  ],
  ["141", "Standard output was closed by its reader."],
] as const;

export const SIGNALS = [
  [
    "SIGTERM, SIGINT, SIGQUIT",
    "The first signal drains: no new clients are accepted, current ones may finish. A second one resets them.",
  ],
  [
    "SIGHUP",
    "With up: reload the configuration files. Otherwise it drains, unless it was ignored at the start.",
  ],
  ["SIGUSR1", "Reopen the file of --log-file, after it has been renamed."],
  [
    "SIGUSR2",
    "Upgrade: start the executable again, hand over to it, and exit. If that fails, nothing changes.",
  ],
] as const;

export const ENVIRONMENT = [
  ["POETRY_CONTROL", "The control socket that ctl uses if --socket is not given."],
  [
    "RUNTIME_DIRECTORY",
    "Set by systemd: services create their control socket there, and ctl looks for it there.",
  ],
  ["LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES", "Set by systemd: the sockets that it has opened for services."],
  [
    "NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID",
    "Set by systemd: how to report that the services are ready, and that the process is alive.",
  ],
  ["JOURNAL_STREAM", "Set by systemd: log lines carry a priority instead of the time."],
  ["NO_COLOR", "If set, headings in help are not printed in bold."],
] as const;

export const FILES = [
  ["/etc/poetry-proxy/poetry.toml", "The default configuration file of up and check."],
  ["/run/poetry-proxy/control.sock", "The control socket of the service that the packages install."],
] as const;
