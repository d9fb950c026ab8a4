import { Duplex } from "node:stream";
import { connect } from "node:tls";
import * as fc from "fast-check";
import { writeProxyHeader } from "../../src/protocols/peers/proxy-header.ts";
import { inputs } from "../protocols/peers/header-fuzz.ts";
import type { Certificates } from "./certificates.ts";
import type { Litter } from "./garbage.ts";

const DIFFERENT = 2000;
const ROUTE = { source: { host: "198.51.100.7", port: 1 }, destination: { host: "203.0.113.1", port: 43 } };
const HEADERS = [writeProxyHeader("v1", ROUTE), writeProxyHeader("v2", ROUTE)];
const BEHIND_PROXIES = ["--proxy-from", "127.0.0.0/8"];

/** For a port that requires PROXY headers. */
export function headerLitter(): Litter {
  return {
    flags: BEHIND_PROXIES,
    garbage: fc.sample(inputs(), { numRuns: DIFFERENT, seed: 1 }),
    good: HEADERS.map((header) => ({ header })),
  };
}

/** For a port with TLS: plain text, half a handshake, a changed one, and random bytes. */
export async function tlsLitter(pki: Certificates): Promise<Litter> {
  const garbage = fc.sample(brokenHandshakes(await clientHello()), { numRuns: DIFFERENT, seed: 1 });
  return { flags: flagsOf(pki), garbage, good: [{ tls: identity(pki) }] };
}

/** For a port that requires PROXY headers before TLS: half of the headers are correct. */
export async function bothLitter(pki: Certificates): Promise<Litter> {
  const broken = fc.tuple(fc.constantFrom(...HEADERS), brokenHandshakes(await clientHello()));
  const behind = broken.map(([header, rest]) => new Uint8Array(Buffer.concat([header, rest])));
  const garbage = fc.sample(fc.oneof(inputs(), behind), { numRuns: DIFFERENT, seed: 1 });
  const good = HEADERS.map((header) => ({ header, tls: identity(pki) }));
  return { flags: [...BEHIND_PROXIES, ...flagsOf(pki)], garbage, good };
}

/** A short timeout for clients that stop in mid-handshake. */
function flagsOf(pki: Certificates): string[] {
  return [...pki.flags(), "--tls-timeout", "5s"];
}

function identity(pki: Certificates) {
  return { ca: pki.authority.certificate, name: "localhost", pins: [] };
}

function brokenHandshakes(hello: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(hello.length - 1);
  const change = fc.tuple(at, fc.nat(255));
  return fc.oneof(
    fc.string({ minLength: 1 }).map((text) => new Uint8Array(Buffer.from(`${text}\r\n`))),
    fc.uint8Array({ minLength: 1, maxLength: 600 }),
    at.map((length) => hello.slice(0, length + 1)),
    fc.uint8Array({ minLength: 1, maxLength: 100 }).map((rest) => Uint8Array.of(...hello, ...rest)),
    fc.array(change, { minLength: 1, maxLength: 8 }).map((changes) => {
      const changed = hello.slice();
      for (const [index, byte] of changes) changed[index] = byte;
      return changed;
    }),
  );
}

/** The first message of a client's handshake. */
function clientHello(): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(bytes: Buffer) {
        resolve(new Uint8Array(bytes));
      },
    });
    connect({ socket, servername: "localhost" });
  });
}
