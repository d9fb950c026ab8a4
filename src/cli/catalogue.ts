import type { Command } from "./command.ts";

/** Every command by name, loaded only when it is used: that keeps the start fast. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  serve: () => import("./commands/serve.ts"),
  proxy: () => import("./commands/proxy.ts"),
  get: () => import("./commands/get.ts"),
  "transform-serve": () => import("./commands/transform-serve.ts"),
  "transform-proxy": () => import("./commands/transform-proxy.ts"),
  up: () => import("./commands/up.ts"),
  check: () => import("./commands/check.ts"),
  config: () => import("./commands/config.ts"),
  presets: () => import("./commands/presets.ts"),
  completion: () => import("./commands/completion.ts"),
};

/** Commands that share their first word, such as `ctl`. */
export interface Group {
  readonly description: string;
  readonly load: () => Promise<Readonly<Record<string, Command>>>;
}

/** The groups by their first word. */
export const GROUPS: Readonly<Record<string, Group>> = {
  ctl: {
    description: "Control a running poetry: status, purge, hold, drain and more.",
    load: async () => (await import("./ctl/commands.ts")).CTL_COMMANDS,
  },
};

/** All commands, in the order of the help: first single ones, then those of groups. Loads every one. */
export async function everyCommand(): Promise<readonly Command[]> {
  const alone = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).default));
  const grouped = await Promise.all(Object.values(GROUPS).map((group) => group.load()));
  return [...alone, ...grouped.flatMap((commands) => Object.values(commands))];
}
