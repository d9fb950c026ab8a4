import type { PurgeView } from "../../admin/control/entries.ts";
import {
  drain as drainSettings,
  hold as holdSettings,
  log as logSettings,
  purge as purgeSettings,
  release as releaseSettings,
  reload as reloadSettings,
  upgrade as upgradeSettings,
} from "../../settings/ctl.ts";
import { UsageError } from "../../settings/setting.ts";
import { command } from "../command.ts";
import { typedText } from "./key.ts";
import { send } from "./send.ts";
import { time } from "./table.ts";

/** `poetry ctl purge`. What to purge must be said in exactly one way, so that no typing error purges everything. */
export const purge = command(
  {
    name: "ctl purge",
    description:
      "Remove answers from the cache. They are gone when the command returns; answers of fetches under way are not kept.",
    settings: purgeSettings,
    examples: [
      ["ctl purge ecstasy", "The answer to clients that send the line ecstasy"],
      ["ctl purge --match '^host1 ' --soft", "What matches; it may still replace failed fetches"],
      ["ctl purge --all --service whois", "Everything in the cache of one service"],
    ],
  },
  async (settled) => {
    const { key, match, all, soft, service, socket, json } = settled.values;
    const given = { key: settled.isGiven("key"), match: match !== undefined, all };
    if (Object.values(given).filter(Boolean).length !== 1)
      throw new UsageError("Expected one of KEY, --match and --all");
    const body = {
      ...(given.key ? { key: typedText(key) } : match !== undefined ? { match } : { all }),
      soft,
      service,
    };
    return await send({ socket, json }, "/purge", { method: "POST", body }, purgeText);
  },
);

/** What a purge removed, with the fetches under way whose answers it keeps out of the cache. */
function purgeText(body: string): string {
  const { entries, flights } = JSON.parse(body) as PurgeView;
  const underWay =
    flights === 0 ? "" : `, and ${counted(flights, "fetch", "fetches")} under way will not be kept`;
  return `Purged ${counted(entries, "entry", "entries")}${underWay}.\n`;
}

/** `poetry ctl hold`. It ends by itself after --for. */
export const hold = command(
  {
    name: "ctl hold",
    description: "Hold an upstream down for a while: another one, or the cache, stands in.",
    settings: holdSettings,
    examples: [["ctl hold whois.ripe.net:43 --for 1h", "Leave a registry alone for an hour"]],
  },
  ({ values: { upstream, for: ms, service, ...how } }) => {
    const body = { upstream, for_ms: ms, service };
    return send(
      how,
      "/hold",
      { method: "POST", body },
      () => `Holding ${upstream} for ${time(ms / 1000)}.\n`,
    );
  },
);

/** `poetry ctl release`. */
export const release = command(
  {
    name: "ctl release",
    description: "Use an upstream again that is held down, for whatever reason.",
    settings: releaseSettings,
    examples: [["ctl release whois.ripe.net:43", "Use it again"]],
  },
  ({ values: { upstream, service, ...how } }) =>
    send(how, "/release", { method: "POST", body: { upstream, service } }, () => `Released ${upstream}.\n`),
);

/** `poetry ctl log`. It ends by itself after --for. */
export const log = command(
  {
    name: "ctl log",
    description: "Change the level of the log for a while.",
    settings: logSettings,
    examples: [["ctl log debug --for 5m", "Log every client for five minutes"]],
  },
  ({ values: { level, for: ms, ...how } }) =>
    send(
      how,
      "/log",
      { method: "POST", body: { level, for_ms: ms } },
      () => `Log level set to ${level} for ${time(ms / 1000)}.\n`,
    ),
);

/** `poetry ctl drain`. It returns at once; the process ends when its clients have left, or after --drain-timeout. */
export const drain = command(
  {
    name: "ctl drain",
    description: "Stop the process as SIGTERM does: no new clients, current ones may finish.",
    settings: drainSettings,
    examples: [["ctl drain", "Stop the process cleanly"]],
  },
  ({ values }) => send(values, "/drain", { method: "POST", body: {} }, () => "Draining.\n"),
);

/** `poetry ctl reload`. Exit code 1 with the mistakes in the files; nothing has changed then. */
export const reload = command(
  {
    name: "ctl reload",
    description: "Reload the configuration files, and wait until they are in force.",
    settings: reloadSettings,
    examples: [["ctl reload", "Apply the changes in the files"]],
  },
  ({ values }) =>
    send(
      values,
      "/reload",
      { method: "POST", body: {} },
      (body) => `${(JSON.parse(body) as { report: string }).report}\n`,
    ),
);

/**
 * `poetry ctl upgrade`. Exit code 1 with the reason if the new process does not take over; nothing has changed then.
 */
export const upgrade = command(
  {
    name: "ctl upgrade",
    description: "Start the installed version, which takes over without any client noticing.",
    settings: upgradeSettings,
    examples: [["ctl upgrade", "Switch to a new version that was installed over the old one"]],
  },
  ({ values }) =>
    send(values, "/upgrade", { method: "POST", body: {} }, (body) => {
      const { pid, version } = JSON.parse(body) as { pid: number; version: string };
      return `Upgraded: process ${pid} (poetry ${version}) has taken over.\n`;
    }),
);

/** `1 entry`, `2 entries`. */
function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
