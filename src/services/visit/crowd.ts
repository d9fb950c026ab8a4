/** Why a client is one too many: all together, or from its address. */
export type Crowd = "limit" | "per_ip";

export interface CrowdLimits {
  /** How many clients may be here at a time; Infinity: any number. */
  readonly maxClients: number;
  /** How many of them from one IP address; Infinity: any number. */
  readonly maxClientsPerIp: number;
}

/** Counts who is here, and says who is one too many. */
export class CrowdControl {
  readonly #limits: CrowdLimits;
  readonly #perHost = new Map<string, number>();
  #count = 0;

  constructor(limits: CrowdLimits) {
    this.#limits = limits;
  }

  /** Whether hosts are counted: to know a client's costs a system call. */
  get countsHosts(): boolean {
    return this.#limits.maxClientsPerIp !== Infinity;
  }

  /** Lets a client in, or says why not. Who was let in has to `leave`. */
  enter(host: string): Crowd | undefined {
    if (this.#count >= this.#limits.maxClients) return "limit";
    const here = this.#perHost.get(host) ?? 0;
    if (this.countsHosts && here >= this.#limits.maxClientsPerIp) return "per_ip";
    if (this.countsHosts) this.#perHost.set(host, here + 1);
    this.#count++;
    return undefined;
  }

  leave(host: string): void {
    this.#count--;
    if (!this.countsHosts) return;
    const left = (this.#perHost.get(host) ?? 0) - 1;
    if (left > 0) this.#perHost.set(host, left);
    else this.#perHost.delete(host);
  }
}
