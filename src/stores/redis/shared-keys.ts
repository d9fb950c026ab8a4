/** The names of the keys of a service on a server, all of which begin with its prefix. */
export class SharedKeys {
  readonly epoch: string;
  readonly log: string;
  readonly #prefix: string;

  /** @param service its name and fingerprint */
  constructor(service: string) {
    this.#prefix = `poetry:${service.replaceAll(" ", ":")}:`;
    this.epoch = `${this.#prefix}e`;
    this.log = `${this.#prefix}log`;
  }

  /** The names for one key of the cache. */
  of(key: string): EntryKeys {
    const hash = new Bun.CryptoHasher("sha256").update(key).digest("hex").slice(0, 32);
    const name = (kind: string) => `${this.#prefix}${kind}:${hash}`;
    return { number: name("n"), lease: name("l"), outcome: name("o"), value: name("v") };
  }
}

/** The names of what the server has for one key; see scripts.ts. */
export interface EntryKeys {
  readonly number: string;
  readonly lease: string;
  readonly outcome: string;
  readonly value: string;
}
