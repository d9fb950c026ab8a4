import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { clash, leadsTo, ownAddresses } from "../../settings/checks/loops.ts";
import { unlessWrong } from "../../settings/settled.ts";
import type { FileComplaint } from "./complaint.ts";
import { located, type PlannedService } from "./planned-service.ts";

/** Conflicts between services: the same name or port twice, and proxies that query each other in a loop. */
export function clashesOf(services: readonly PlannedService[]): FileComplaint[] {
  return [...sameNames(services), ...samePorts(services), ...loops(services)];
}

/** Names must be unique over all kinds and files: logs and `poetry ctl` know services by name alone. */
function sameNames(services: readonly PlannedService[]): FileComplaint[] {
  const first = new Map<string, PlannedService>();
  return services.flatMap((service) => {
    const { table, name } = service;
    const other = first.get(name);
    if (!other) first.set(name, service);
    if (!other || (other.kind === table.kind && other.table.file === table.file)) return []; // Reported already.
    const text = `the name "${name}" is taken by ${whereIs(other)}`;
    return [{ file: table.file, at: table.at, table: titleOf(service), text }];
  });
}

/** Addresses that two services cannot both listen on. */
function samePorts(services: readonly PlannedService[]): FileComplaint[] {
  const byPort = new Map<string, { service: PlannedService; address: Address }[]>();
  return services.flatMap((service) =>
    listeningAddresses(service).flatMap((address) => {
      const known = byPort.get(placeOf(address)) ?? [];
      byPort.set(placeOf(address), [...known, { service, address }]);
      const taken = known.find((each) => each.service !== service && clash(each.address, address));
      if (!taken) return [];
      const text = `${formatAddress(address)} is taken by ${whereIs(taken.service)}`;
      return [located({ ...sourceOf(address, service), text }, service.table)];
    }),
  );
}

/** The setting that makes a service listen on an address. */
function sourceOf(address: Address, { settled }: PlannedService): { flag: string; index?: number } {
  if (!settled.isGiven("listen")) return { flag: "port" };
  const written = ownAddresses(settled).map(formatAddress);
  return { flag: "listen", index: written.indexOf(formatAddress(address)) };
}

/** Proxies that end up querying themselves would wait forever. Each loop is reported once, for its first service. */
function loops(services: readonly PlannedService[]): FileComplaint[] {
  const links = linksBetween(services);
  const told = new Set<PlannedService>();
  return services.flatMap((start) => {
    const loop = told.has(start) ? [] : shortestLoop(start, links);
    for (const { from } of loop) told.add(from);
    const [first] = loop;
    if (!first) return [];
    const names = [...loop.map(({ from }) => titleOf(from)), titleOf(start)].join(" asks ");
    return [located({ flag: first.flag, text: `bad ${first.flag}: a loop, ${names}` }, start.table)];
  });
}

/** One service queries another, because `flag` says so. */
interface Link {
  readonly from: PlannedService;
  readonly flag: string;
  readonly to: PlannedService;
}

type Links = ReadonlyMap<PlannedService, readonly Link[]>;

/** Which services query which. Links of a service to itself are left out: the checks of its settings report them. */
function linksBetween(services: readonly PlannedService[]): Links {
  const byPort = Map.groupBy(
    services.flatMap((service) => listeningAddresses(service).map((address) => ({ service, address }))),
    ({ address }) => placeOf(address),
  );
  const linksOf = (from: PlannedService): Link[] =>
    askedBy(from).flatMap(({ flag, address }) =>
      (byPort.get(placeOf(address)) ?? [])
        .filter((own) => own.service !== from && leadsTo(address, own.address))
        .map(({ service }) => ({ from, flag, to: service })),
    );
  return new Map(services.map((service) => [service, linksOf(service)]));
}

/** The links on the shortest path from `start` to itself. */
function shortestLoop(start: PlannedService, links: Links): Link[] {
  const cameBy = new Map<PlannedService, Link>();
  const reached = [start];
  for (const here of reached) {
    for (const link of links.get(here) ?? []) {
      if (link.to === start) return [...pathTo(here, cameBy), link];
      if (cameBy.has(link.to)) continue;
      cameBy.set(link.to, link);
      reached.push(link.to);
    }
  }
  return [];
}

/** The links from the start of the search to `end`. */
function pathTo(end: PlannedService, cameBy: ReadonlyMap<PlannedService, Link>): Link[] {
  const link = cameBy.get(end);
  return link ? [...pathTo(link.from, cameBy), link] : [];
}

/** The settings that name a server to query. */
const ASKING = ["upstream", "via"] as const;

function askedBy({ settled }: PlannedService): { readonly flag: string; readonly address: Address }[] {
  return ASKING.flatMap((flag) => {
    const asked = [unlessWrong(() => settled.valueOf(flag), undefined) ?? []].flat() as Address[];
    return asked.map((address) => ({ flag, address }));
  });
}

/** Where a service listens, without ports that the system chooses: those never clash. */
export function listeningAddresses({ settled }: PlannedService): Address[] {
  return unlessWrong(() => ownAddresses(settled), []).filter(
    (address) => isUnix(address) || address.port !== 0,
  );
}

/** A key for grouping: addresses with different keys (ports, or places that paths lead to) cannot clash. */
function placeOf(address: Address): string {
  return isUnix(address) ? placeOfPath(address.path) : String(address.port);
}

function titleOf({ kind, name }: PlannedService): string {
  return `${kind}.${name}`;
}

/** A service and the place of its table, for messages: `proxy.whois in poetry.toml:12`. */
export function whereIs(service: PlannedService): string {
  const { file, at } = service.table;
  return `${titleOf(service)} in ${file}:${at.line}`;
}
