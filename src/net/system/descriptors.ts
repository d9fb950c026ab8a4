import { readFileSync } from "node:fs";

/** How the file descriptors of the process are shared out. At the limit itself, Bun's accept loop would spin. */
export interface DescriptorShares {
  /** The limit; Infinity if unknown. */
  readonly limit: number;
  /** For clients. */
  readonly clients: number;
  /** For connections to upstreams, including attempts. */
  readonly dials: number;
}

/** Enough for the 64 fetches of the default settings, and for the reserve. */
const FOR_OURSELVES = 128;
/** Reserved for files, filters, the log and Bun itself. */
const KEPT = 32;

/** Clients get all but 128 of a usual limit, half of a low one, and seven eighths of a high one. */
export function shareOut(limit: number): DescriptorShares {
  if (limit === Infinity) return { limit, clients: Infinity, dials: Infinity };
  const ours = Math.max(Math.min(FOR_OURSELVES, Math.floor(limit / 2)), Math.floor(limit / 8));
  const dials = Math.max(1, ours - Math.min(KEPT, Math.floor(ours / 2)));
  return { limit, clients: Math.max(1, limit - ours), dials };
}

/** The soft limit of most systems. */
const USUAL = 1024;

/** Whether the limit is lower than usual. */
export function hasFewDescriptors(): boolean {
  return descriptorShares().limit < USUAL;
}

const FOR_A_LISTENER = 16;

let shares: DescriptorShares | undefined;

/** The shares of this process. */
export function descriptorShares(): DescriptorShares {
  return (shares ??= shareOut(openFilesLimit()));
}

/** The descriptors for clients, shared by all services of a process. */
export class ClientRoom {
  readonly limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes a place for one client; returns false if there is none. */
  take(): boolean {
    if (this.#taken >= this.limit) return false;
    this.#taken++;
    return true;
  }

  giveBack(): void {
    this.#taken--;
  }
}

let room: ClientRoom | undefined;

/** The one instance of this process. */
export function clientRoom(): ClientRoom {
  return (room ??= new ClientRoom(descriptorShares().clients));
}

/** Maximum number of clients of a listener for metrics or control: few, and even fewer if descriptors are scarce. */
export function roomForListeners(): number {
  return Math.max(2, Math.min(FOR_A_LISTENER, Math.floor(descriptorShares().limit / 32)));
}

/** The soft limit, which Bun raises to the hard one at its start. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity; // Not on Linux.
  }
}
