import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { TCPSocketListener } from "bun";
import { ListenError } from "../../../src/net/errors.ts";
import { descriptorOf } from "../../../src/net/libc.ts";
import { GivenSockets } from "../../../src/process/systemd/given-sockets.ts";
import { TempDir } from "../../support/temp-dir.ts";

const socket = { data() {} };
const ANY = { host: "127.0.0.1", port: 0 };

function listener(): TCPSocketListener {
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
}

describe.skipIf(process.platform !== "linux")("GivenSockets", () => {
  test("gives a service the socket of its name and address, once", () => {
    using server = listener();
    const fd = descriptorOf(server);
    const address = { host: "localhost", port: server.port };
    const given = new GivenSockets([{ fd, name: "whois" }], { hasNames: true });
    expect(given.take({ service: "whois", address: { ...address, port: 1 } })).toBeUndefined();
    expect(given.take({ service: "whois", address })).toEqual({ fd });
    expect(given.take({ service: "whois", address })).toBeUndefined();
    given.closeRest();
  });

  test("gives several sockets of one name to the addresses of that service", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    using tcp = listener();
    using unix = Bun.listen({ unix: path, socket });
    const [fd, unixFd] = [descriptorOf(tcp), descriptorOf(unix)];
    const sockets = [fd, unixFd].map((each) => ({ fd: each, name: "whois" }));
    const given = new GivenSockets(sockets, { hasNames: true });
    expect(given.take({ service: "whois", address: { path } })).toEqual({ fd: unixFd });
    expect(given.take({ service: "whois", address: { host: "127.0.0.1", port: tcp.port } })).toEqual({ fd });
    given.closeRest();
  });

  test("gives a service that listens on any port the one of its name, and never one without a name", () => {
    using one = listener();
    using other = listener();
    const sockets = [{ fd: descriptorOf(one) }, { fd: descriptorOf(other), name: "whois" }];
    const given = new GivenSockets(sockets, { hasNames: true });
    expect(given.take({ service: "finger", address: ANY })).toBeUndefined();
    expect(given.take({ service: "whois", address: ANY })).toEqual({ fd: descriptorOf(other) });
    expect(given.take({ service: "whois", address: ANY })).toBeUndefined();
    const address = { host: "127.0.0.1", port: one.port };
    expect(given.take({ service: "finger", address })).toEqual({ fd: descriptorOf(one) });
  });

  test("ignores names if services have none", () => {
    using server = listener();
    const sockets = [{ fd: descriptorOf(server), name: "whois" }];
    const given = new GivenSockets(sockets, { hasNames: false });
    expect(given.take({ service: "main", address: ANY })).toEqual({ fd: descriptorOf(server) });
  });

  test("does not give a service the socket of another, and names that one", () => {
    using server = listener();
    const given = new GivenSockets([{ fd: descriptorOf(server), name: "whois" }], { hasNames: true });
    const address = { host: "127.0.0.1", port: server.port };
    expect(() => given.take({ service: "finger", address })).toThrow(
      new ListenError(address, "EADDRINUSE", "the service manager has opened it for whois (EADDRINUSE)"),
    );
  });

  test("does not start without using every socket: its clients would wait forever", async () => {
    using server = listener();
    const client = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket });
    const sockets = [{ fd: descriptorOf(server), name: "whois" }, { fd: descriptorOf(client) }];
    const given = new GivenSockets(sockets, { hasNames: true });
    expect(() => given.closeRest()).toThrow(
      `No service uses these sockets of the service manager: whois on 127.0.0.1:${server.port}; without a name, descriptor ${descriptorOf(client)}, which does not listen.`,
    );
    client.end();
  });
});
