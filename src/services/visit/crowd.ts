import { hasAddress } from "../../net/address.ts";
import type { ClientLimits } from "../../net/client-limits.ts";
import { roomForClients } from "../../net/descriptors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Visit } from "../../net/transport.ts";
import type { Entrance } from "../port-service.ts";

export interface CrowdLimits {
  /** How many clients may be here at a time; Infinity: any number. */
  readonly maxClients: number;
  /** How many of them from one IP address; Infinity: any number. */
  readonly maxClientsPerIp: number;
}

/** What a service demands of its clients. */
export type VisitorLimits = Partial<ClientLimits & CrowdLimits>;

/** Counts who is here, and turns away who exceeds a limit. */
export class Crowd implements Entrance {
  readonly #limits: CrowdLimits;
  readonly #perHost = new Map<string, number>();
  #count = 0;

  constructor({ maxClients = Infinity, maxClientsPerIp = Infinity }: Partial<CrowdLimits>) {
    this.#limits = { maxClients, maxClientsPerIp };
  }

  get maxClients(): number {
    return this.#limits.maxClients;
  }

  admit(client: Visit): Ending | undefined {
    const { maxClients, maxClientsPerIp } = this.#limits;
    if (this.#count >= maxClients) return "proxy/accept/limit";
    // The look at the peer is a system call: only where hosts are counted.
    if (maxClientsPerIp !== Infinity && hasAddress(client.peer)) {
      const { host } = client.peer;
      const here = this.#perHost.get(host) ?? 0;
      if (here >= maxClientsPerIp) return "proxy/accept/per_ip";
      this.#perHost.set(host, here + 1);
    }
    this.#count++;
    return undefined;
  }

  left(client: Visit): void {
    this.#count--;
    if (this.#limits.maxClientsPerIp === Infinity || !hasAddress(client.peer)) return;
    const { host } = client.peer;
    const left = (this.#perHost.get(host) ?? 0) - 1;
    if (left > 0) this.#perHost.set(host, left);
    else this.#perHost.delete(host);
  }
}

/** The crowd that `limits` allow, as far as there are descriptors. */
export function crowdFor(limits: Partial<CrowdLimits> = {}): Crowd {
  return new Crowd({ ...limits, maxClients: Math.min(limits.maxClients ?? Infinity, roomForClients()) });
}
