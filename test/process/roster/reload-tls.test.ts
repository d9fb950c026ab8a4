import { afterEach, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { copyFileSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import type { KeyPair } from "../../../src/net/tls/certificates.ts";
import { closedPorts } from "../../support/closed-port.ts";
import { FileProcess } from "../../support/file-process.ts";
import { certificates } from "../../support/own-certificates.ts";
import { TempDir } from "../../support/temp-dir.ts";

const POEM = "Teach me to hear mermaids singing\n";
const pki = certificates();

let running: FileProcess | undefined;

afterEach(() => running?.roster.abort());

/** A client of a port: the name in the server's certificate, and the answer. */
function visit(port: number): Promise<{ name: string; poem: string }> {
  return new Promise((resolve, reject) => {
    let [name, poem] = ["", ""];
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      name = String(socket.getPeerCertificate().subject.CN);
    });
    socket.setEncoding("utf8").on("data", (text: string) => (poem += text));
    socket.on("end", () => resolve({ name, poem })).on("error", reject);
  });
}

/** A poem server, and a proxy that trusts `ca.pem`: both present `cert.pem`. */
async function stage(dir: TempDir) {
  const [origin = 0, proxy = 0] = closedPorts(2);
  await dir.write("poem.txt", POEM);
  const show = ({ certificate, key }: KeyPair) => {
    copyFileSync(certificate.file, `${dir.path}/cert.pem`);
    copyFileSync(key.file, `${dir.path}/key.pem`);
  };
  const trust = ({ certificate }: KeyPair) => copyFileSync(certificate.file, `${dir.path}/ca.pem`);
  show(pki.issue("first"));
  trust(pki.authority);
  const tls = `tls-cert = "${dir.path}/cert.pem"\ntls-key = "${dir.path}/key.pem"\n`;
  const file = (rest = "") => `[serve.poem]
file = "${dir.path}/poem.txt"
port = ${origin}
${tls}
[proxy.p]
upstream = ${origin}
port = ${proxy}
upstream-tls = true
upstream-ca = "${dir.path}/ca.pem"
${rest}
${tls}`;
  const process = await FileProcess.start(file());
  running = process;
  return { origin, proxy, file, show, trust, process };
}

test("Reloader.reload() reads certificates again, even if no setting has changed", async () => {
  await using dir = new TempDir();
  const { origin, proxy, file, show, process } = await stage(dir);
  expect(await visit(proxy)).toEqual({ name: "first", poem: POEM });
  show(pki.issue("second", { until: "20980101000000Z" }));
  expect((await visit(proxy)).name).toBe("first");
  expect(await process.reload(file())).toEqual([]);
  expect(await Promise.all([visit(proxy), visit(origin)])).toEqual([
    { name: "second", poem: POEM },
    { name: "second", poem: POEM },
  ]);
  const { validToDate } = new X509Certificate(pki.issue("second").certificate.text);
  for (const { service } of process.roster.members)
    expect(service.figures().certificateEnds).toBe(validToDate.getTime());
  expect(process.told("fetched")).toHaveLength(1); // The cache was kept.
  expect(process.told("reloaded")).toMatchObject([{ services: 2, changed: 0, added: 0, removed: 0 }]);
});

test("Reloader.reload() changes nothing if a certificate cannot be used, and says where it is configured", async () => {
  await using dir = new TempDir();
  const { proxy, file, show, process } = await stage(dir);
  show(pki.issue("second"));
  writeFileSync(`${dir.path}/ca.pem`, "nothing of the kind\n");
  expect(await process.reload(file("ttl = 0"))).toEqual([
    `f.toml:11:15: proxy.p: cannot use ${dir.path}/ca.pem: it contains no PEM certificate`,
  ]);
  expect(await visit(proxy)).toEqual({ name: "first", poem: POEM });
});

test("Reloader.reload() trusts other authorities from then on", async () => {
  await using dir = new TempDir();
  const { proxy, file, trust, process } = await stage(dir);
  trust(pki.issue("stranger", { by: "self" }));
  expect(await process.reload(file())).toEqual([]);
  expect(await visit(proxy).catch(({ code }: { code: string }) => code)).not.toHaveProperty("poem", POEM);
  expect(process.told("fetchFailed")).toHaveLength(1);
});
