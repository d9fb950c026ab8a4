import type { Command } from "../command.ts";
import { ls, show, status } from "./queries.ts";
import { drain, hold, log, purge, release, reload, upgrade } from "./changes.ts";
import { top } from "./top.ts";

/** The commands of `poetry ctl`, by name. */
export const CTL_COMMANDS: Readonly<Record<string, Command>> = {
  status,
  ls,
  show,
  purge,
  hold,
  release,
  log,
  drain,
  reload,
  upgrade,
  top,
};
