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
import { order } from "./order.ts";
import { time } from "./table.ts";

/** `poetry ctl purge`. */
export const purge = command(
  {
    name: "ctl purge",
    description: "Throw answers away. It has happened when this ends; fetches under way are not kept.",
    settings: purgeSettings,
    examples: [
      ["ctl purge ecstasy", "The answer to clients that send the line ecstasy"],
      ["ctl purge --match '^host1 ' --soft", "What matches; it still stands in for fetches that fail"],
      ["ctl purge --all --service whois", "Everything that one service keeps"],
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
    return await order({ socket, json }, "/purge", { method: "POST", body }, purgeText);
  },
);

function purgeText(body: string): string {
  const { entries, flights } = JSON.parse(body) as PurgeView;
  const underWay =
    flights === 0 ? "" : `, and ${counted(flights, "fetch", "fetches")} under way will not be kept`;
  return `Purged ${counted(entries, "entry", "entries")}${underWay}.\n`;
}

/** `poetry ctl hold`. */
export const hold = command(
  {
    name: "ctl hold",
    description: "Ask an upstream nothing for a while: another one, or the cache, stands in.",
    settings: holdSettings,
    examples: [["ctl hold whois.ripe.net:43 --for 1h", "Leave a registry in peace for an hour"]],
  },
  ({ values: { upstream, for: ms, service, ...how } }) => {
    const body = { upstream, for_ms: ms, service };
    return order(
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
    description: "Ask an upstream again that is held down, for whatever reason.",
    settings: releaseSettings,
    examples: [["ctl release whois.ripe.net:43", "Ask it again"]],
  },
  ({ values: { upstream, service, ...how } }) =>
    order(how, "/release", { method: "POST", body: { upstream, service } }, () => `Released ${upstream}.\n`),
);

/** `poetry ctl log`. */
export const log = command(
  {
    name: "ctl log",
    description: "Let the log tell more, or less, for a while.",
    settings: logSettings,
    examples: [["ctl log debug --for 5m", "Every client, for five minutes"]],
  },
  ({ values: { level, for: ms, ...how } }) =>
    order(
      how,
      "/log",
      { method: "POST", body: { level, for_ms: ms } },
      () => `The log tells ${level} for ${time(ms / 1000)}.\n`,
    ),
);

/** `poetry ctl drain`. */
export const drain = command(
  {
    name: "ctl drain",
    description: "Stop as SIGTERM does: no new clients, those that are there may finish.",
    settings: drainSettings,
    examples: [["ctl drain", "Stop the process in an orderly way"]],
  },
  ({ values }) => order(values, "/drain", { method: "POST", body: {} }, () => "Draining.\n"),
);

/** `poetry ctl reload`. */
export const reload = command(
  {
    name: "ctl reload",
    description: "Read the configuration files again, and wait until the new one is in force.",
    settings: reloadSettings,
    examples: [["ctl reload", "Take over what has been changed in the files"]],
  },
  ({ values }) =>
    order(
      values,
      "/reload",
      { method: "POST", body: {} },
      (body) => `${(JSON.parse(body) as { report: string }).report}\n`,
    ),
);

/** `poetry ctl upgrade`. */
export const upgrade = command(
  {
    name: "ctl upgrade",
    description: "Start the file that is installed now; it takes over, and no client notices.",
    settings: upgradeSettings,
    examples: [["ctl upgrade", "Have the new version serve, after it was installed over the old one"]],
  },
  ({ values }) =>
    order(values, "/upgrade", { method: "POST", body: {} }, (body) => {
      const { pid, version } = JSON.parse(body) as { pid: number; version: string };
      return `Upgraded: process ${pid} (poetry ${version}) serves from now on.\n`;
    }),
);

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
