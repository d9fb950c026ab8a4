import { processLimits, proxy, serve, transformProxy, transformServe } from "./commands.ts";
import { presets } from "./presets.ts";
import { listening } from "./rows/listening.ts";
import { observing } from "./rows/observing.ts";
import { stores } from "./rows/stores.ts";
import { watching } from "./rows/watching.ts";
import { keyOf, type Presets, type Setting, type Settings } from "./setting.ts";

/** The kinds of services. Each key is both the command that runs one and the table of a file that describes one. */
export const KINDS = {
  serve: { settings: serve, presets: {} },
  proxy: { settings: proxy, presets },
  "transform-serve": { settings: transformServe, presets: {} },
  "transform-proxy": { settings: transformProxy, presets: {} },
} as const satisfies Readonly<Record<string, { readonly settings: Settings; readonly presets: Presets }>>;

/** Names of services, as a regular expression: they appear in logs, metrics and commands, so no blanks or quotes. */
export const SERVICE_NAME = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$";

/** `serve`, `proxy`, `transform-serve` or `transform-proxy`. */
export type Kind = keyof typeof KINDS;

/** Whether `name` is a kind of service; own properties only, so that `constructor` is none. */
export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** What the table of one service in a file may contain: settings by key, without those of the process. */
export function serviceKeys(kind: Kind): Map<string, Setting> {
  const all: readonly Setting[] = Object.values(KINDS[kind].settings);
  return new Map(all.filter((it) => it.key !== null && !isOfProcess(it)).map((it) => [keyOf(it), it]));
}

/** The settings of the process as a whole; in a file they stand in tables such as [log]. */
export const processSettings = {
  ...processLimits,
  "drain-timeout": listening["drain-timeout"],
  "drain-delay": listening["drain-delay"],
  "upgrade-timeout": listening["upgrade-timeout"],
  ...watching,
  ...stores,
  quiet: observing.quiet,
  verbose: observing.verbose,
  log: observing.log,
} as const satisfies Settings;

/** `processSettings` by table, and then by key: `[log]`, `format`. */
export function processTables(): Map<string, Map<string, Setting>> {
  const tables = new Map<string, Map<string, Setting>>();
  for (const it of Object.values(processSettings)) {
    const [table = "", key = ""] = keyOf(it).split(".");
    tables.set(table, (tables.get(table) ?? new Map<string, Setting>()).set(key, it));
  }
  return tables;
}

/** Settings of the process have a table in their key: `log.format`. */
function isOfProcess({ key }: Setting): boolean {
  return key?.includes(".") ?? false;
}
