import { expect, test } from "bun:test";
import { litter, type Litter } from "../support/garbage.ts";
import { bothLitter, headerLitter, tlsLitter } from "../support/litters.ts";
import { certificates } from "../support/own-certificates.ts";

const MIB = 2 ** 20;
const pki = certificates();

test.each<[what: string, of: () => Litter | Promise<Litter>]>([
  ["for PROXY headers", () => headerLitter()],
  ["for TLS handshakes", () => tlsLitter(pki)],
  ["for PROXY headers, or for handshakes behind them", () => bothLitter(pki)],
])(
  "poetry serves the others while some send garbage %s for three seconds, and keeps nothing of it",
  async (_what, of) => {
    const outcome = await litter(3, await of());
    expect(outcome).toMatchObject({ failed: 0, fetches: 1 });
    expect(outcome.garbage).toBeGreaterThan(20);
    expect(outcome.served).toBeGreaterThan(5);
    expect(outcome.growth).toBeLessThan(32 * MIB);
    expect(outcome.descriptors).toBeLessThan(8);
  },
  30_000,
);
