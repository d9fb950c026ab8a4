import { expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect, createSecureContext } from "node:tls";
import type { KeyPair } from "../../src/net/tls/certificates.ts";
import { certificates } from "../support/own-certificates.ts";
import { POETRY, RunningProgram } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

const RENEWALS = 20;
const AT_ONCE = 8;
const POEM = Buffer.alloc(100_000, "Do I dare disturb the universe?\n");
const pki = certificates();

const trust = createSecureContext({ ca: pki.authority.certificate.text });

/** One client: the name in the server's certificate, if it got the whole poem and a close_notify. */
function visit(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({
      host: "127.0.0.1",
      port,
      secureContext: trust,
      servername: "localhost",
    });
    let name = "";
    socket.on("secureConnect", () => (name = String(socket.getPeerCertificate().subject.CN)));
    socket.on("data", (bytes: Buffer) => chunks.push(bytes)).on("error", reject);
    socket.on("end", () => {
      if (Buffer.concat(chunks).equals(POEM)) resolve(name);
      else reject(new Error(`A client of ${name} got another poem`));
    });
  });
}

test("poetry up uses renewed certificates after each of 20 reloads under load, and no client notices", async () => {
  await using dir = new TempDir();
  await dir.write("poem.txt", POEM.toString());
  const pairs = [pki.issue("first"), pki.issue("second", { kind: "rsa" })] as const;
  const show = ({ certificate, key }: KeyPair) => {
    copyFileSync(certificate.file, `${dir.path}/cert.pem`);
    copyFileSync(key.file, `${dir.path}/key.pem`);
  };
  show(pairs[0]);
  writeFileSync(
    `${dir.path}/poetry.toml`,
    '[serve.poem]\nfile = "poem.txt"\nport = 0\ntls-cert = "cert.pem"\ntls-key = "key.pem"\n',
  );
  await using up = new RunningProgram([POETRY, "up", `${dir.path}/poetry.toml`]);
  const port = Number(/ on [^ ]*:(\d+)\.$/.exec(await up.until((line) => line.startsWith("poem: ")))?.[1]);

  const seen = new Map<string, number>();
  const over = new AbortController();
  const clients = Array.from({ length: AT_ONCE }, async () => {
    while (!over.signal.aborted) {
      const name = await visit(port);
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  });
  for (let n = 1; n <= RENEWALS; n++) {
    show(pairs[n % 2] as KeyPair);
    up.signal("SIGHUP");
    const name = n % 2 === 0 ? "first" : "second";
    while ((await visit(port)) !== name);
    for (let i = 0; i < 3; i++) expect(await visit(port)).toBe(name);
  }
  over.abort();
  await Promise.all(clients); // Fails if any of them got less.
  expect(seen.get("first")).toBeGreaterThan(AT_ONCE);
  expect(seen.get("second")).toBeGreaterThan(AT_ONCE);
  up.signal("SIGTERM");
  expect(await up.exited).toBe(0);
}, 120_000);
