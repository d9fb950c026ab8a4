import { processLimits, proxy, serve, transformProxy, transformServe } from "./commands.ts";
import { presets } from "./presets.ts";
import { listening } from "./rows/listening.ts";
import { observing } from "./rows/observing.ts";
import { stores } from "./rows/stores.ts";
import { watching } from "./rows/watching.ts";
import { keyOf, type Presets, type Setting, type Settings } from "./setting.ts";

/** The services that there are, by the command that runs one, and by the table of a file that describes one. */
export const KINDS = {
  serve: { settings: serve, presets: {} },
  proxy: { settings: proxy, presets },
  "transform-serve": { settings: transformServe, presets: {} },
  "transform-proxy": { settings: transformProxy, presets: {} },
} as const satisfies Readonly<Record<string, { readonly settings: Settings; readonly presets: Presets }>>;

export type Kind = keyof typeof KINDS;

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** The settings of one service, by the keys of its table. */
export function serviceKeys(kind: Kind): Map<string, Setting> {
  const all: readonly Setting[] = Object.values(KINDS[kind].settings);
  return new Map(all.filter((it) => it.key !== null && !isOfProcess(it)).map((it) => [keyOf(it), it]));
}

/** The settings that hold for a process as a whole: a file has them in tables such as [log]. */
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

/** The same, by table and key. */
export function processTables(): Map<string, Map<string, Setting>> {
  const tables = new Map<string, Map<string, Setting>>();
  for (const it of Object.values(processSettings)) {
    const [table = "", key = ""] = keyOf(it).split(".");
    tables.set(table, (tables.get(table) ?? new Map<string, Setting>()).set(key, it));
  }
  return tables;
}

function isOfProcess({ key }: Setting): boolean {
  return key?.includes(".") ?? false;
}
