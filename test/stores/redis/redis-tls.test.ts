import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { closedPort } from "../../support/closed-port.ts";
import { HAS_REDIS, RedisServer } from "../../support/redis-server.ts";
import { SharedNode } from "../../support/shared-nodes.ts";
import { TempDir } from "../../support/temp-dir.ts";

/** A self-signed certificate for 127.0.0.1. */
function certificate(dir: string, name: string): { readonly cert: string; readonly key: string } {
  const [cert, key] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
  const subject = ["-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = Bun.spawnSync(
    [
      "openssl",
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ],
    { stdio: ["ignore", "ignore", "ignore"] },
  );
  if (!made.success) throw new Error("openssl makes no certificate");
  return { cert, key };
}

describe.skipIf(!HAS_REDIS || !Bun.which("openssl"))("RedisStore over TLS", () => {
  test("accepts a server whose certificate it trusts, and no other", async () => {
    await using dir = new TempDir();
    const [own, foreign] = [certificate(dir.path, "own"), certificate(dir.path, "foreign")];
    const port = closedPort();
    const tls = ["--tls-port", String(port), "--tls-cert-file", own.cert, "--tls-key-file", own.key];
    await using server = await RedisServer.start(
      ...tls,
      "--tls-ca-cert-file",
      own.cert,
      "--tls-auth-clients",
      "no",
    );
    const url = `rediss://127.0.0.1:${port}`;

    await using node = await SharedNode.open(url, { ca: readFileSync(own.cert, "utf8") });
    await node.load("key", "poem");
    expect(Buffer.from((await node.value("key")).bytes).toString()).toBe("poem");
    expect(node.told).toEqual([]);
    expect(await server.cli("DBSIZE")).not.toBe("0");

    for (const ca of [readFileSync(foreign.cert, "utf8"), undefined]) {
      await using fooled = await SharedNode.open(url, { ca });
      expect(fooled.told).toHaveLength(1);
      expect(fooled.store.isFailing).toBe(true);
    }
  });
});
