import { hasAddress } from "../../net/address.ts";
import type { ClientLimits } from "../../net/clients/client-limits.ts";
import { clientRoom, type ClientRoom } from "../../net/descriptors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Visit } from "../../net/transport.ts";
import type { Entrance } from "../port-service.ts";

export interface CrowdLimits {
  /** How many clients may be here at a time; Infinity: any number. */
  readonly maxClients: number;
  /** How many of them may come from one IP address; Infinity: any number. */
  readonly maxClientsPerIp: number;
}

/** What a service demands of its clients. */
export type VisitorLimits = Partial<ClientLimits & CrowdLimits>;

/** Counts clients, and turns away those that exceed a limit. */
export class Crowd implements Entrance {
  readonly #room: ClientRoom;
  readonly #perHost = new Map<string, number>();
  #maxClients = Infinity;
  #maxClientsPerIp = Infinity;
  #count = 0;

  /** @param room shared by all services */
  constructor(limits: Partial<CrowdLimits>, room = clientRoom()) {
    this.#room = room;
    this.limit(limits);
  }

  /** Sets the limits. Present clients may stay; those that came while hosts were not counted are not counted by host. */
  limit({ maxClients = Infinity, maxClientsPerIp = Infinity }: Partial<CrowdLimits>): void {
    this.#maxClients = maxClients;
    this.#maxClientsPerIp = maxClientsPerIp;
  }

  get maxClients(): number {
    return Math.min(this.#maxClients, this.#room.limit);
  }

  admit(client: Visit): Ending | undefined {
    if (this.#count >= this.#maxClients) return "proxy/accept/limit";
    // Looking up the peer is a system call: only if hosts are counted.
    if (this.#maxClientsPerIp === Infinity || !hasAddress(client.peer)) return this.#take();
    const { host } = client.peer;
    const here = this.#perHost.get(host) ?? 0;
    if (here >= this.#maxClientsPerIp) return "proxy/accept/per_ip";
    const refused = this.#take();
    if (!refused) this.#perHost.set(host, here + 1);
    return refused;
  }

  left(client: Visit): void {
    this.#count--;
    this.#room.giveBack();
    if (this.#perHost.size === 0 || !hasAddress(client.peer)) return;
    const { host } = client.peer;
    const left = (this.#perHost.get(host) ?? 0) - 1;
    if (left > 0) this.#perHost.set(host, left);
    else this.#perHost.delete(host);
  }

  #take(): Ending | undefined {
    if (!this.#room.take()) return "proxy/accept/limit";
    this.#count++;
    return undefined;
  }
}
