import { formatAddress, isUnix, type Address } from "../../net/address.ts";
import { clash } from "../../settings/checks/loops.ts";
import { unlessWrong, type Settled } from "../../settings/settled.ts";
import { listeningAddresses, whereIs } from "./clashes.ts";
import type { PlannedService } from "./planned-service.ts";

/** A mistake in a setting of the process. */
interface Clash {
  readonly flag: string;
  readonly text: string;
}

/** Conflicts of the sockets and files of the process with each other, and with the sockets of its services. */
export function processClashes(process: Settled, services: readonly PlannedService[]): Clash[] {
  return [...takenAddresses(process, services), ...sharedFiles(process)];
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
  const file = valueOf(process, "log-file");
  const isStore = file !== undefined && file === valueOf(process, "store");
  return isStore ? [{ flag: "log-file", text: `${file as string} is the file of the store` }] : [];
}

/** The value of a setting; undefined if it has none, or a wrong one. */
function valueOf(process: Settled, flag: string): unknown {
  return unlessWrong(() => process.valueOf(flag), undefined);
}
