import { existsSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import type { Address } from "../../src/net/address.ts";
import { ListenError } from "../../src/net/errors.ts";
import type { Inherited } from "../../src/net/inherited.ts";
import { closeDescriptor, duplicate, getSocketOption } from "../../src/net/libc.ts";
import { Listener, type ListenOptions } from "../../src/net/listen.ts";
import { Port } from "../../src/net/port.ts";
import { ServerTls } from "../../src/net/tls/server-tls.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { certificates } from "../support/own-certificates.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";

const onLinux = test.skipIf(process.platform !== "linux"); // Elsewhere libc cannot be called to duplicate a descriptor.
const pki = certificates();

function protocolFailed(error: unknown): void {
  expect(error).toBeUndefined();
}

/** A server that greets every client of a port. */
class Greeter implements Disposable {
  readonly clock = new ManualClock();
  readonly port: Port;
  readonly #listener: Listener;

  constructor(
    wanted: Address,
    greeting: string,
    inherited?: Inherited,
    options: Partial<ListenOptions> = {},
  ) {
    this.port = new Port(wanted, { inherited });
    this.#listener = new Listener(
      { clock: this.clock, protocolFailed, ...options },
      (transport) => {
        transport.write(Buffer.from(greeting));
        transport.close();
        return { connectionLost() {} };
      },
      this.port,
    );
  }

  /** What a successor would inherit, whatever happens to this server. */
  bequeath(): Inherited {
    const { fd, file } = this.port.inheritable;
    return { fd: duplicate(fd) as number, file };
  }

  close(): void {
    this.#listener.abort();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function open(wanted: Address, fd: number): () => Port {
  return () => new Port(wanted, { inherited: { fd } });
}

async function ask(to: Address): Promise<string> {
  const { bytes, end } = await new Visitor(to).visit;
  return end === "fin" ? bytes.toString() : end;
}

describe("an inherited Port", () => {
  for (const host of ["127.0.0.1", "::1"])
    onLinux(
      `serves those who come to ${host}, and knows its port, after the one who opened it has left`,
      async () => {
        using before = new Greeter({ host, port: 0 }, "before");
        const { address } = before.port;
        using after = new Greeter({ host, port: 0 }, "after", before.bequeath());
        expect(after.port.address).toEqual(address);
        before.close();
        expect(await ask(address)).toBe("after");
      },
    );

  for (const name of ["a path", "a name in no file system"])
    onLinux(
      `serves those who come to a Unix socket with ${name}, whose file it removes in the end`,
      async () => {
        await using dir = new TempDir();
        const path = name === "a path" ? join(dir.path, "socket") : `@poetry-inherited-${process.pid}`;
        using before = new Greeter({ path }, "before");
        using after = new Greeter({ path }, "after", before.bequeath());
        after.port.removesFile = true;
        before.port.removesFile = false;
        before.close();
        expect(await ask({ path: path.replace(/^@/, "\0") })).toBe("after");
        after.port.permit({ path, mode: 0o666 });
        if (name === "a path") expect(lstatSync(path).mode & 0o777).toBe(0o666);
        after.close();
        expect(existsSync(path)).toBe(false);
      },
    );

  onLinux("leaves the file of a Unix socket alone until it is told otherwise", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    using before = new Greeter({ path }, "before");
    using after = new Greeter({ path }, "after", before.bequeath());
    after.close();
    expect(existsSync(path)).toBe(true);
    expect(await ask({ path })).toBe("before");
  });

  onLinux("restore() gives a Unix socket back the permissions of the one before", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    using before = new Greeter({ path }, "before");
    before.port.permit({ path, mode: 0o640 });
    using after = new Greeter({ path }, "after", before.bequeath());
    after.port.permit({ path, mode: 0o666 });
    before.port.restore();
    expect(lstatSync(path).mode & 0o777).toBe(0o640);
  });

  onLinux("loses no client that was about to be accepted", async () => {
    using before = new Greeter({ host: "127.0.0.1", port: 0 }, "before");
    const { address } = before.port;
    const inherited = before.bequeath();
    const visits = Array.from({ length: 200 }, () => ask(address));
    before.close(); // In the same turn: none of them has been accepted.
    using _ = new Greeter(address, "after", inherited);
    expect(await Promise.all(visits)).toEqual(visits.map(() => "after"));
  });

  onLinux("speaks TLS where it is told to", async () => {
    const server = new ServerTls({ pairs: [pki.issue("localhost")] });
    using before = new Greeter({ host: "127.0.0.1", port: 0 }, "before");
    const { address } = before.port;
    using _ = new Greeter(address, "after", before.bequeath(), { tls: { server, handshakeTimeout: 0 } });
    before.close();
    const identity = { ca: pki.authority.certificate, name: "localhost", pins: [] };
    const { bytes, end } = await new Visitor(address, () => {}, identity).visit;
    expect([bytes.toString(), end]).toEqual(["after", "fin"]);
  });

  onLinux("has the limits that it is given, and restore() gives back those of the one before", () => {
    using before = new Greeter({ host: "127.0.0.1", port: 0 }, "before", undefined, {
      limits: { sendBuffer: 65_536 },
    });
    const inherited = before.bequeath();
    const tuned = () => getSocketOption(inherited.fd, "SO_SNDBUF");
    const own = tuned();
    using _ = new Greeter(before.port.address, "after", inherited, { limits: { sendBuffer: 16_384 } });
    expect(tuned()).toBe((own as number) / 4);
    before.port.restore();
    expect(tuned()).toBe(own);
  });

  onLinux("cannot be what is not a listening socket, or one of another kind", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "socket");
    const tcp: Address = { host: "127.0.0.1", port: 10_001 };
    using unix = new Greeter({ path }, "unix");
    using port = new Greeter({ host: "127.0.0.1", port: 0 }, "port");
    const file = openSync("/dev/null", "r");
    expect(open(tcp, file)).toThrow(ListenError);
    expect(open(tcp, file)).toThrow(
      `Cannot listen on 127.0.0.1:10001: descriptor ${file} is not a listening socket (EINVAL)`,
    );
    expect(open(tcp, unix.bequeath().fd)).toThrow(/descriptor \d+ is a Unix socket/);
    expect(open({ path }, port.bequeath().fd)).toThrow(/descriptor \d+ is a TCP port/);
    expect([await ask({ path }), await ask(port.port.address)]).toEqual(["unix", "port"]);
    closeDescriptor(file);
  });
});
