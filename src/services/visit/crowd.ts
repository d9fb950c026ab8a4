import { hasAddress } from "../../net/address.ts";
import type { ClientLimits } from "../../net/clients/client-limits.ts";
import { clientRoom, type ClientRoom } from "../../net/system/descriptors.ts";
import type { Ending } from "../../net/ending.ts";
import type { Visit } from "../../net/transport.ts";
import type { Entrance } from "../port-service.ts";

/** Limits on the number of clients. */
export interface CrowdLimits {
  /** Maximum number of clients at a time; Infinity: no limit. */
  readonly maxClients: number;
  /** Maximum number of clients from one IP address; Infinity: no limit. */
  readonly maxClientsPerIp: number;
}

/** Limits that a service sets its clients. */
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

  /**
   * Sets the limits. Clients stay even if they exceed them; those that came while hosts were not counted never count by
   * host.
   */
  limit({ maxClients = Infinity, maxClientsPerIp = Infinity }: Partial<CrowdLimits>): void {
    this.#maxClients = maxClients;
    this.#maxClientsPerIp = maxClientsPerIp;
  }

  get maxClients(): number {
    return Math.min(this.#maxClients, this.#room.limit);
  }

  admit(client: Visit): Ending | undefined {
    if (this.#count >= this.#maxClients) return "proxy/accept/limit";
    // Getting the peer's address is a system call, so only if hosts are counted.
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
