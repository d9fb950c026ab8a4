import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { placeOfPath } from "../../net/system/place.ts";
import { clash } from "../../settings/checks/loops.ts";
import { unlessWrong, type Settled } from "../../settings/settled.ts";
import { listeningAddresses, whereIs } from "./clashes.ts";
import type { FileComplaint } from "./complaint.ts";
import { located, type PlannedService } from "./planned-service.ts";

/** A mistake in a setting of the process. */
interface Clash {
  readonly flag: string;
  readonly text: string;
}

/** Conflicts of the sockets and files of the process with each other, and with the sockets of its services. */
export function processClashes(process: Settled, services: readonly PlannedService[]): Clash[] {
  return [...takenAddresses(process, services), ...sharedFiles(process), ...uselessStores(process, services)];
}

/** A second level that no service uses. */
function uselessStores(process: Settled, services: readonly PlannedService[]): Clash[] {
  if (services.length === 0 || services.some(usesStores)) return [];
  return ["store", "shared"]
    .filter((flag) => process.isGiven(flag))
    .map((flag) => ({ flag, text: `${process.nameOf(flag)} has no effect: no service uses it` }));
}

/** Whether it keeps answers in second levels: a streaming one cannot. */
function usesStores({ kind, settled }: PlannedService): boolean {
  const isProxy = kind === "proxy" || kind === "transform-proxy";
  return isProxy && valueOf(settled, "stream") !== true;
}

/** Metrics and control sockets where something else listens already. */
function takenAddresses(process: Settled, services: readonly PlannedService[]): Clash[] {
  const metrics = valueOf(process, "metrics") as Address | undefined;
  const control = valueOf(process, "control") as string | undefined;
  const places = services.flatMap((service) =>
    listeningAddresses(service).map((address) => ({ address, by: whereIs(service) })),
  );
  const own = [
    ...(metrics && (isUnix(metrics) || metrics.port !== 0) ? [{ flag: "metrics", address: metrics }] : []),
    ...(control === undefined ? [] : [{ flag: "control", address: { path: control } }]),
  ];
  return own.flatMap(({ flag, address }) => {
    const taken = places.find((place) => clash(place.address, address));
    places.push({ address, by: flag });
    return taken ? [{ flag, text: `${formatAddress(address)} is taken by ${taken.by}` }] : [];
  });
}

/** A log in the store's file would destroy the store. */
function sharedFiles(process: Settled): Clash[] {
  const file = valueOf(process, "log-file") as string | undefined;
  const store = valueOf(process, "store") as string | undefined;
  if (file === undefined || store === undefined || placeOfPath(file) !== placeOfPath(store)) return [];
  return [{ flag: "log-file", text: `${file} is the file of the store` }];
}

/** What a service may hold, as it says, or the longest of something that it holds. */
const HELD = ["max-memory", "max-answer", "max-request", "max-poem"] as const;

/** Limits of services above the one for all of them. */
export function uselessLimits(process: Settled, services: readonly PlannedService[]): FileComplaint[] {
  const limit = process.isGiven("max-memory") ? Number(valueOf(process, "max-memory")) : Infinity;
  return services.flatMap(({ settled, table }) =>
    HELD.filter((flag) => settled.isGiven(flag) && Number(valueOf(settled, flag)) > limit)
      .filter((flag) => flag !== "max-answer" || valueOf(settled, "stream") !== true) // Then it is passed on.
      .map((flag) => {
        const text = `${settled.quote(flag)} has no effect: ${process.quote("max-memory")} is less`;
        return located({ flag, text }, table);
      }),
  );
}

/** The value of a setting; undefined if it has none, or a wrong one. */
function valueOf(process: Settled, flag: string): unknown {
  return unlessWrong(() => process.valueOf(flag), undefined);
}
