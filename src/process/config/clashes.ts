import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { clash, leadsTo, ownAddresses } from "../../settings/checks/loops.ts";
import { unlessWrong } from "../../settings/settled.ts";
import type { FileComplaint } from "./complaint.ts";
import { located, type PlannedService } from "./planned-service.ts";

/** Conflicts between services: two with the same name or port, and loops of proxies. */
export function clashesOf(services: readonly PlannedService[]): FileComplaint[] {
  return [...sameNames(services), ...samePorts(services), ...loops(services)];
}

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

/** Each loop is reported once, for the first of its services. */
function loops(services: readonly PlannedService[]): FileComplaint[] {
  const links = linksBetween(services);
  const told = new Set<PlannedService>();
  return services.flatMap((start) => {
    const loop = told.has(start) ? [] : wayBack(start, links);
    for (const { from } of loop) told.add(from);
    const [first] = loop;
    if (!first) return [];
    const names = [...loop.map(({ from }) => titleOf(from)), titleOf(start)].join(" asks ");
    return [located({ flag: first.flag, text: `bad ${first.flag}: a loop, ${names}` }, start.table)];
  });
}

/** One service asks another because of a setting. */
interface Link {
  readonly from: PlannedService;
  readonly flag: string;
  readonly to: PlannedService;
}

type Links = ReadonlyMap<PlannedService, readonly Link[]>;

/** Links of a service to itself are left out: they are reported elsewhere. */
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
function wayBack(start: PlannedService, links: Links): Link[] {
  const cameBy = new Map<PlannedService, Link>();
  const reached = [start];
  for (const here of reached) {
    for (const link of links.get(here) ?? []) {
      if (link.to === start) return [...wayTo(here, cameBy), link];
      if (cameBy.has(link.to)) continue;
      cameBy.set(link.to, link);
      reached.push(link.to);
    }
  }
  return [];
}

function wayTo(end: PlannedService, cameBy: ReadonlyMap<PlannedService, Link>): Link[] {
  const link = cameBy.get(end);
  return link ? [...wayTo(link.from, cameBy), link] : [];
}

/** Settings that name a server to ask. */
const ASKING = ["upstream", "via"] as const;

function askedBy({ settled }: PlannedService): { readonly flag: string; readonly address: Address }[] {
  return ASKING.flatMap((flag) => {
    const asked = [unlessWrong(() => settled.valueOf(flag), undefined) ?? []].flat() as Address[];
    return asked.map((address) => ({ flag, address }));
  });
}

/** Where a service listens; without ports that the system chooses. */
export function listeningAddresses({ settled }: PlannedService): Address[] {
  return unlessWrong(() => ownAddresses(settled), []).filter(
    (address) => isUnix(address) || address.port !== 0,
  );
}

/** A key that addresses share if they may be the same: the port, or where the path leads. */
function placeOf(address: Address): string {
  return isUnix(address) ? placeOfPath(address.path) : String(address.port);
}

function titleOf({ kind, name }: PlannedService): string {
  return `${kind}.${name}`;
}

/** A service, and the place of its table. */
export function whereIs(service: PlannedService): string {
  const { file, at } = service.table;
  return `${titleOf(service)} in ${file}:${at.line}`;
}
