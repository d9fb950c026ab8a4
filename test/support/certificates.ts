import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { KeyPair, PemFile } from "../../src/net/tls/certificates.ts";

/** Deviations from the defaults. */
export interface Wishes {
  /** Who signs it; default: the authority that tests trust; `self`: it is self-signed. */
  readonly by?: KeyPair | "self";
  /** Subject alternative names; default: those of loopback. */
  readonly names?: string;
  readonly kind?: "ec" | "rsa";
  /** As 20200101000000Z; default: from now, for 90 days. */
  readonly from?: string;
  readonly until?: string;
}

/** Certificates made by openssl, each when first needed. */
export class Certificates {
  readonly #folder = mkdtempSync(join(tmpdir(), "poetry-test-certificates-"));
  readonly #issued = new Map<string, KeyPair>();

  /** The authority that tests trust. */
  get authority(): KeyPair {
    return this.issue("authority", { by: "self", names: "DNS:authority" });
  }

  /** Makes a certificate; the same name gives the same certificate. */
  issue(name: string, wishes: Wishes = {}): KeyPair {
    const known = this.#issued.get(name);
    if (known) return known;
    const { kind = "ec", by = this.authority, names = "DNS:localhost,IP:127.0.0.1" } = wishes;
    const [key, request, certificate] = [`${name}.key`, `${name}.csr`, `${name}.pem`];
    const subject = ["-key", key, "-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`];
    if (kind === "rsa") this.#openssl("genrsa", "-out", key, "2048");
    else this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key);
    if (by === "self") {
      this.#openssl("req", "-x509", "-new", ...subject, "-days", "90", "-out", certificate);
    } else {
      this.#openssl("req", "-new", ...subject, "-out", request);
      const authority = ["-config", this.#registry(), "-cert", by.certificate.file, "-keyfile", by.key.file];
      const from = wishes.from === undefined ? [] : ["-startdate", wishes.from];
      const until = wishes.until === undefined ? ["-days", "90"] : ["-enddate", wishes.until];
      this.#openssl(
        "ca",
        "-batch",
        "-notext",
        ...authority,
        ...from,
        ...until,
        "-in",
        request,
        "-out",
        certificate,
      );
    }
    const made = { certificate: this.#read(certificate), key: this.#read(key) };
    this.#issued.set(name, made);
    return made;
  }

  /** A file with this text, next to the certificates. */
  write(name: string, text: string): PemFile {
    writeFileSync(join(this.#folder, name), text);
    return this.#read(name);
  }

  /** The key of a pair, with a passphrase. */
  encrypted({ key }: KeyPair): PemFile {
    const name = `${basename(key.file, ".key")}.encrypted.key`;
    this.#openssl("pkcs8", "-topk8", "-in", key.file, "-passout", "pass:secret", "-out", name);
    return this.#read(name);
  }

  /** The flags of a service that shows certificates; by default one for loopback. */
  flags(...pairs: readonly KeyPair[]): string[] {
    const shown = pairs.length > 0 ? pairs : [this.issue("localhost")];
    return shown.flatMap(({ certificate, key }) => ["--tls-cert", certificate.file, "--tls-key", key.file]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #read(name: string): PemFile {
    const file = join(this.#folder, name);
    return { file, text: readFileSync(file, "utf8") };
  }

  /** What `openssl ca` needs; only that can make a certificate of the past. */
  #registry(): string {
    this.write("index.txt", "");
    const { file } = this.write(
      "ca.cnf",
      `[ca]
       default_ca = default
       [default]
       database = index.txt
       rand_serial = yes
       new_certs_dir = .
       default_md = sha256
       policy = policy
       copy_extensions = copy
       [policy]
       commonName = supplied
      `,
    );
    return file;
  }

  #openssl(...args: string[]): void {
    const { success, stderr } = Bun.spawnSync(["openssl", ...args], { cwd: this.#folder, stdin: "ignore" });
    if (!success) throw new Error(`openssl ${args.join(" ")}: ${stderr.toString()}`);
  }
}

/** What pins a certificate: SHA-256 of it. */
export function digestOf({ certificate }: KeyPair): string {
  return sha256(new X509Certificate(certificate.text).raw);
}

/** SHA-256 of its public key. */
export function keyDigestOf({ certificate }: KeyPair): string {
  const { publicKey } = new X509Certificate(certificate.text);
  return sha256(publicKey.export({ type: "spki", format: "der" }));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
