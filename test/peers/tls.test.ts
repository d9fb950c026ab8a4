import { describe, expect } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listen } from "../../src/net/listen.ts";
import { ServerTls } from "../../src/net/tls/server-tls.ts";
import { systemClock as clock } from "../../src/time/clock.ts";
import { certificates } from "../support/own-certificates.ts";
import { portOf } from "../support/port-of.ts";
import { run, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { testWith } from "./peer.ts";
import { TLS_CLIENTS, s_client } from "./tls-clients.ts";

const pki = certificates();
const localhost = pki.issue("localhost");
const rsa = pki.issue("rsa", { kind: "rsa" });
const ca = pki.authority.certificate.file;
const FILE = join(import.meta.dirname, "../../poetry/alla_sera.txt");
const POEM = await readFile(FILE);
const LARGE = new Uint8Array(12_000_000);
const openssl = TLS_CLIENTS[0]!.peer;

/** Waits until a program has printed the whole poem; it then waits for more. */
async function reading(command: string[]): Promise<Bun.Subprocess> {
  const program = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const reader = program.stdout.getReader();
  for (let read = 0; read < POEM.length;) read += (await reader.read()).value?.length ?? Infinity;
  return program;
}

describe("a service that speaks TLS", () => {
  for (const { name, peer, command } of TLS_CLIENTS) {
    testWith(peer, `sends ${name} the whole answer, and a proper end`, async () => {
      await using service = await RunningService.start("serve", FILE, ...pki.flags(localhost, rsa));
      const { code, stdout } = await run(command(service.port, ca));
      expect({ code, same: stdout.equals(POEM) }).toEqual({ code: 0, same: true });
    });

    testWith(peer, `shows ${name} that there is no answer`, async () => {
      await using upstream = new ScriptedPeer((connection) => connection.reset());
      const flags = ["--retries", "0", ...pki.flags()];
      await using service = await RunningService.start("proxy", `${upstream.port}`, ...flags);
      const { code, stdout } = await run(command(service.port, ca));
      expect({ failed: code !== 0, bytes: stdout.length }).toEqual({ failed: true, bytes: 0 });
    });

    testWith(peer, `shows ${name} that an answer is cut short`, async () => {
      await using upstream = new ScriptedPeer((connection) => connection.send(POEM));
      await using service = await RunningService.start(
        "proxy",
        `${upstream.port}`,
        "--stream",
        ...pki.flags(),
      );
      const program = await reading(command(service.port, ca));
      (await upstream.connection()).reset();
      expect(await program.exited).not.toBe(0);
    });
  }

  for (const { name, peer, command } of TLS_CLIENTS.filter(({ blind }) => blind === "nothing")) {
    testWith(peer, `that is killed in mid-answer does not end it properly for ${name}`, async () => {
      await using upstream = new ScriptedPeer((connection) => connection.send(POEM));
      await using service = await RunningService.start(
        "proxy",
        `${upstream.port}`,
        "--stream",
        ...pki.flags(),
      );
      const program = await reading(command(service.port, ca));
      service.signal("SIGKILL");
      expect(await program.exited).not.toBe(0);
    });
  }

  for (const { name, peer, command } of TLS_CLIENTS.filter(({ blind }) => blind !== "FIN and reset")) {
    testWith(peer, `resets ${name} if the kernel has no room for an alert`, async () => {
      const server = new ServerTls({ pairs: [localhost] });
      const listener = listen(
        {
          address: { host: "127.0.0.1", port: 0 },
          tls: { server, handshakeTimeout: 0 },
          clock,
          protocolFailed: (bug) => expect(bug).toBeUndefined(),
        },
        (transport) => {
          transport.write(LARGE);
          expect(transport.unsent).toBeGreaterThan(0);
          transport.abort("client/data/timeout");
          return {};
        },
      );
      const { code, stdout } = await run(command(portOf(listener.address), ca));
      expect({ failed: code !== 0, all: stdout.length === LARGE.length }).toEqual({
        failed: true,
        all: false,
      });
      await listener.drain();
    });
  }

  testWith(
    openssl,
    "shows each client a certificate that it can verify, and does not support TLS 1.1",
    async () => {
      await using service = await RunningService.start("serve", FILE, ...pki.flags(localhost, rsa));
      const shownTo = async (...flags: string[]) => {
        const { stdout, code } = await run(s_client(service.port, ca, ...flags));
        return { code, key: /Server public key is (\d+) bit/.exec(stdout.toString())?.[1] };
      };
      expect(await shownTo("-sigalgs", "ECDSA+SHA256")).toEqual({ code: 0, key: "256" });
      expect(await shownTo("-sigalgs", "RSA-PSS+SHA256")).toEqual({ code: 0, key: "2048" });
      expect((await shownTo("-tls1_1", "-cipher", "ALL@SECLEVEL=0")).code).not.toBe(0);
    },
  );

  testWith(openssl, "admits only clients with a certificate of the required authority", async () => {
    await using service = await RunningService.start("serve", FILE, ...pki.flags(), "--tls-client-ca", ca);
    for (const version of ["-tls1_3", "-tls1_2"]) {
      const as = async (...flags: string[]) => {
        const { code, stdout } = await run(s_client(service.port, ca, "-quiet", version, ...flags));
        return { isRefused: code !== 0, bytes: stdout.length };
      };
      const showing = ({ certificate, key }: typeof localhost) => [
        "-cert",
        certificate.file,
        "-key",
        key.file,
      ];
      expect(await as(...showing(pki.issue("client")))).toEqual({ isRefused: false, bytes: POEM.length });
      expect(await as(...showing(pki.issue("foreign", { by: "self" })))).toEqual({
        isRefused: true,
        bytes: 0,
      });
      expect(await as()).toEqual({ isRefused: true, bytes: 0 });
    }
  });
});
