import { ON_UNIX_SOCKET } from "../../net/address.ts";
import type { AddressRanges } from "../../net/clients/ranges.ts";
import type { Ending } from "../../net/ending.ts";
import type { Visit } from "../../net/transport.ts";
import type { Clock } from "../../time/clock.ts";
import type { Rate } from "../../time/rate.ts";
import type { Entrance, ListenSettings } from "../port-service.ts";
import { Crowd, type VisitorLimits } from "./crowd.ts";
import { RateLimit } from "./rate.ts";
import { behindProxies } from "./reception.ts";

/** Access rules, besides the limits of a crowd. */
export interface AccessOptions {
  /** Only clients with these addresses are admitted; absent: all are. */
  readonly clients?: AddressRanges | undefined;
  /** How often an address may connect; absent: no limit. */
  readonly rate?: Rate | undefined;
  /** How many times an address may connect at once; absent: the number in the rate. */
  readonly burst?: number | undefined;
}

/** Where a service listens, and which clients it admits. */
export interface WelcomeSettings extends ListenSettings<VisitorLimits> {
  readonly access?: AccessOptions;
}

/** Admits clients by access rules, then by limits. Rules that are not set cost nothing. */
export class Welcome implements Entrance {
  readonly #clock: Clock;
  readonly #crowd: Crowd;
  #clients: AddressRanges | undefined;
  #rate: RateLimit | undefined;

  constructor({ limits, access = {} }: WelcomeSettings, clock: Clock) {
    const { clients, rate, burst } = access;
    this.#clock = clock;
    this.#crowd = new Crowd(limits ?? {});
    this.#clients = clients;
    this.#rate = rate && new RateLimit(rate, burst, clock);
  }

  /** Changes the settings. Present clients and past connections still count. */
  renew({ limits = {}, access = {} }: WelcomeSettings): void {
    const { clients, rate, burst } = access;
    this.#crowd.limit(limits);
    this.#clients = clients;
    if (rate && this.#rate) this.#rate.limit(rate, burst);
    else this.#rate = rate && new RateLimit(rate, burst, this.#clock);
  }

  get maxClients(): number {
    return this.#crowd.maxClients;
  }

  admit(client: Visit): Ending | undefined {
    return this.#refusal(client) ?? this.#crowd.admit(client);
  }

  left(client: Visit): void {
    this.#crowd.left(client);
  }

  /** Clients of a Unix socket have no address: the permissions of the socket file decide about them. */
  #refusal(client: Visit): Ending | undefined {
    if (!this.#clients && !this.#rate) return undefined;
    const { host } = client.peer;
    if (host === ON_UNIX_SOCKET.host) return undefined;
    if (this.#clients?.allow(host) === false) return "proxy/accept/access";
    return this.#rate?.admits(host) === false ? "proxy/accept/rate" : undefined;
  }
}

/** The entrance of a service; requires PROXY headers if there are proxies in front. */
export function entranceFor(settings: WelcomeSettings, clock: Clock): Entrance {
  return behindProxies(new Welcome(settings, clock), settings.proxies, clock);
}
