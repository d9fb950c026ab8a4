import { describe, expect, spyOn, test } from "bun:test";
import type { Socket } from "bun";
import { CancelledError } from "../../src/deferred/mod.ts";
import { connect } from "../../src/net/connect.ts";
import { canCallLibc } from "../../src/net/libc.ts";
import { ConnectError, type ConnectionLostError } from "../../src/net/errors.ts";
import type { Protocol } from "../../src/net/transport.ts";
import { closedPort } from "../support/closed-port.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { canBeDeaf, DeafPort } from "../support/deaf-port.ts";
import { DeafSocket } from "../support/deaf-socket.ts";
import { nextTurn } from "../support/next-turn.ts";
import { openSockets } from "../support/open-sockets.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";

/** A protocol that records its events. */
class Ear implements Protocol {
  readonly told: string[] = [];
  readonly ended = Promise.withResolvers<void>();
  readonly over = Promise.withResolvers<void>();

  dataReceived(bytes: Uint8Array): void {
    this.told.push(Buffer.from(bytes).toString());
  }

  inputEnded(): void {
    this.told.push("end");
    this.ended.resolve();
  }

  connectionLost(error?: ConnectionLostError): void {
    this.told.push(error ? `lost: ${error.message}` : "lost in order");
    this.over.resolve();
  }
}

function setUp() {
  const clock = new ManualClock();
  const ear = new Ear();
  const bugs: unknown[] = [];
  return {
    clock,
    ear,
    bugs,
    options: { clock, timeout: 5000, protocolFailed: (e: unknown) => void bugs.push(e) },
  };
}

/** The answer of a resolver that knows the name. */
function addresses(...found: string[]): Awaited<ReturnType<typeof Bun.dns.lookup>> {
  return found.map((address) => ({ address, family: 4, ttl: 0 }));
}

async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("connect()", () => {
  test("fires with the transport; a clean end is reported as end, then lost without an error", async () => {
    await using peer = new ScriptedPeer((connection) => connection.send("poem").fin());
    const { ear, options, clock } = setUp();
    const transport = await connect(peer.address, ear, options);
    await ear.ended.promise;
    transport.close();
    await ear.over.promise;
    expect(ear.told).toEqual(["poem", "end", "lost in order"]);
    expect(clock.pending).toBe(0);
  });

  test("tells a reset from an end", async () => {
    await using peer = new ScriptedPeer();
    const { ear, options } = setUp();
    await connect(peer.address, ear, options);
    const connection = await peer.connection();
    connection.send("half a po");
    connection.reset();
    await ear.over.promise;
    expect(ear.told).not.toContain("end");
    expect(ear.told.at(-1)).toBe("lost: connection reset (ECONNRESET)");
  });

  test("trusts no end after a write failed because of a reset (Bun reports a clean one)", async () => {
    await using peer = new ScriptedPeer();
    const { ear, options } = setUp();
    const transport = await connect(peer.address, ear, options);
    transport.pauseReading();
    const connection = await peer.connection();
    connection.send("half a po");
    connection.reset();
    await peer.until(() => peer.open === 0);
    for (let i = 0; i < 10; i++) transport.write(Buffer.from("request"));
    transport.resumeReading();
    await ear.over.promise;
    expect(ear.told).not.toContain("end");
    expect(ear.told.at(-1)).toStartWith("lost: connection reset");
  });

  /** What is reported of a peer that ends the connection before our first check. */
  const QUICK = [
    ["poem", "fin", ["poem", "end", "lost in order"]],
    ["", "fin", ["end", "lost in order"]],
    ["poem", "fin and reset", ["poem", "end", "lost: connection reset (EPIPE)"]],
    ["", "fin and reset", ["end", "lost: connection reset (EPIPE)"]],
    ["poem", "reset", ["poem", "lost: connection reset (ECONNRESET)"]],
  ] as const;

  test.skipIf(!canBeDeaf).each(QUICK)(
    "reports everything of a peer that quickly sends %j and %s",
    async (text, end, told) => {
      using quick = new DeafPort();
      quick.hear();
      const { ear, options, clock } = setUp();
      const connecting = connect({ host: "127.0.0.1", port: quick.port }, ear, options);
      await quick.answer(text, end);
      const transport = await connecting;
      if (end === "fin") {
        await ear.ended.promise;
        transport.close();
      }
      await ear.over.promise;
      expect(ear.told).toEqual([...told]);
      expect(clock.pending).toBe(0);
    },
  );

  test.skipIf(!canBeDeaf)("fails for a peer that resets quickly", async () => {
    using quick = new DeafPort();
    quick.hear();
    const { ear, options, clock } = setUp();
    const connecting = connect({ host: "127.0.0.1", port: quick.port }, ear, options);
    await quick.answer("", "reset");
    expect(await failureOf(connecting)).toMatchObject({ name: "ConnectError", reason: "reset" });
    expect(clock.pending).toBe(0);
  });

  test("fails with ConnectError if nothing listens, saying where and why", async () => {
    const { ear, options, clock } = setUp();
    const port = closedPort();
    const error = await failureOf(connect({ host: "127.0.0.1", port }, ear, options));
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ reason: "refused", address: { host: "127.0.0.1", port } });
    expect(String(error)).toContain(`Cannot connect to 127.0.0.1:${port}: connection refused`);
    expect(clock.pending).toBe(0);
  });

  test("fails with ConnectError for a name that does not exist", async () => {
    const { ear, options } = setUp();
    const error = await failureOf(connect({ host: "nowhere.invalid", port: 1 }, ear, options));
    expect(error).toMatchObject({ name: "ConnectError", reason: "dns" });
  });

  test("says that a name was not resolved in time", async () => {
    using lookUp = spyOn(Bun.dns, "lookup");
    const said = Promise.withResolvers<ReturnType<typeof addresses>>();
    lookUp.mockReturnValue(said.promise);
    const { ear, options, clock } = setUp();
    const connecting = connect({ host: "slow.test", port: 1 }, ear, options);
    clock.advance(5000);
    const expected = { reason: "timeout", detail: "the name was not resolved within 5000 ms" };
    expect(await failureOf(connecting)).toMatchObject(expected);
    said.resolve([]);
  });

  test("tries the addresses of a name one at a time: one connection, though localhost has two", async () => {
    await using peer = new ScriptedPeer((connection) => connection.send("poem").fin());
    const { ear, options } = setUp();
    const transport = await connect({ host: "localhost", port: peer.port }, ear, options);
    await ear.ended.promise;
    transport.close();
    await ear.over.promise;
    expect(peer.connections).toHaveLength(1);
  });

  test.skipIf(!canBeDeaf)("closes the socket at once when it is cancelled", async () => {
    using deaf = new DeafPort();
    const { ear, options } = setUp();
    const before = openSockets();
    const attempts = Array.from({ length: 64 }, () =>
      connect({ host: "127.0.0.1", port: deaf.port }, ear, options),
    );
    const opened = openSockets().difference(before);
    expect(opened.size).toBe(64);
    for (const attempt of attempts) attempt.cancel();
    expect(openSockets().isDisjointFrom(opened)).toBe(true);
    for (const attempt of attempts) expect(await failureOf(attempt)).toBeInstanceOf(CancelledError);
  });

  test.skipIf(!canBeDeaf)("shares its time among the addresses of a name", async () => {
    using lookUp = spyOn(Bun.dns, "lookup");
    using deaf = new DeafPort();
    const { ear, options, clock } = setUp();
    lookUp.mockResolvedValue(addresses("127.0.0.1", "127.0.0.2"));
    const connecting = connect({ host: "poems.test", port: deaf.port }, ear, options);
    while (clock.pending < 2) await nextTurn(); // The whole deadline, and that of the first address.
    clock.advance(2499);
    await nextTurn();
    expect(clock.pending).toBe(2);
    clock.advance(1);
    const error = await failureOf(connecting);
    expect(error).toMatchObject({ reason: "refused" });
    expect(String(error)).toContain(
      `Cannot connect to poems.test:${deaf.port}: 127.0.0.2: connection refused (ECONNREFUSED)`,
    );
    expect(clock.pending).toBe(0);
  });

  test.skipIf(!canBeDeaf)("leaves nothing behind after a stall that is longer than its timeout", async () => {
    using lookUp = spyOn(Bun.dns, "lookup");
    using deaf = new DeafPort();
    const { ear, options, clock } = setUp();
    lookUp.mockResolvedValue(addresses("127.0.0.1", "127.0.0.2", "127.0.0.3"));
    const before = openSockets();
    const connecting = connect({ host: "poems.test", port: deaf.port }, ear, options);
    while (clock.pending < 2) await nextTurn(); // The whole deadline, and that of the first address.
    const opened = openSockets().difference(before);
    expect(opened.size).toBeGreaterThan(0);
    clock.stall(6000);
    const error = await failureOf(connecting);
    expect(error).toMatchObject({ reason: "timeout", detail: "no answer within 5000 ms" });
    expect(openSockets().difference(before).size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test.skipIf(!canBeDeaf)("gets the answer of a Unix server that closes at once, every time", async () => {
    await using dir = new TempDir();
    const path = `${dir.path}/poem.sock`;
    const server = Bun.listen({
      unix: path,
      socket: { open: (socket) => void socket.end("poem"), data() {} },
    });
    for (let times = 0; times < 200; times++) {
      const { ear, options } = setUp();
      const transport = await connect({ path }, ear, options);
      await ear.ended.promise;
      transport.close();
      await ear.over.promise;
      expect(ear.told).toEqual(["poem", "end", "lost in order"]);
    }
    server.stop();
  });

  test.skipIf(!canBeDeaf)("reaches an abstract Unix socket", async () => {
    const name = `poetry-test-${process.pid}`;
    const server = Bun.listen({
      unix: `\0${name}`,
      socket: { open: (socket) => void socket.end("poem"), data() {} },
    });
    const { ear, options } = setUp();
    await connect({ path: `@${name}` }, ear, options);
    await ear.ended.promise;
    expect(ear.told).toEqual(["poem", "end"]);
    server.stop();
  });

  test.skipIf(!canBeDeaf)("retries at a Unix socket whose queue is full, until there is room", async () => {
    await using dir = new TempDir();
    const path = `${dir.path}/poem.sock`;
    using deaf = new DeafSocket(path);
    const { ear, options, clock } = setUp();
    const connecting = connect({ path }, ear, options);
    for (let pauses = 0; pauses < 5; pauses++) clock.advance(500);
    expect(clock.pending).toBe(2); // The deadline, and the pause before the next attempt.
    deaf.hear((socket) => void socket.end("poem"));
    clock.advance(1000);
    await connecting;
    await ear.ended.promise;
    expect(ear.told).toEqual(["poem", "end"]);
    expect(clock.pending).toBe(0);
  });

  test.skipIf(!canBeDeaf)("fails at the deadline if the queue of a Unix socket stays full", async () => {
    await using dir = new TempDir();
    const path = `${dir.path}/poem.sock`;
    using deaf = new DeafSocket(path);
    const { ear, options, clock } = setUp();
    const connecting = connect({ path }, ear, options);
    clock.advance(5000);
    const error = await failureOf(connecting);
    expect(error).toMatchObject({ reason: "timeout", detail: "no answer within 5000 ms" });
    expect(clock.pending).toBe(0);
    deaf.hear(() => {});
  });

  test("says that nothing listens on a Unix socket", async () => {
    const { ear, options } = setUp();
    const error = await failureOf(connect({ path: "/nowhere/poem.sock" }, ear, options));
    expect(error).toMatchObject({ name: "ConnectError", reason: "refused" });
    expect(String(error)).toContain("Cannot connect to unix:/nowhere/poem.sock: no such file (ENOENT)");
  });

  test("fails at the deadline, and resets the connection if it is made after all", async () => {
    const { ear, options, clock } = setUp();
    await using peer = new ScriptedPeer();
    const connecting = connect(peer.address, ear, options);
    clock.advance(5000); // Before the loop has had a turn: the connection cannot be established yet.
    const error = await failureOf(connecting);
    expect(error).toMatchObject({ name: "ConnectError", reason: "timeout" });
    expect(String(error)).toContain("no answer within 5000 ms");
    await peer.until(() => peer.connections.length === 1 && peer.open === 0);
    expect(ear.told).toEqual([]);
  });

  test("gives up when it is cancelled", async () => {
    const { ear, options } = setUp();
    await using peer = new ScriptedPeer();
    const connecting = connect(peer.address, ear, options);
    connecting.cancel();
    expect(await failureOf(connecting)).toBeInstanceOf(CancelledError);
    await peer.until(() => peer.connections.length === 1 && peer.open === 0);
  });

  test("resets the connection of a protocol that throws, and reports the bug", async () => {
    await using peer = new ScriptedPeer();
    const { ear, options, bugs } = setUp();
    const bug = new Error("bug");
    ear.dataReceived = () => {
      throw bug;
    };
    await connect(peer.address, ear, options);
    (await peer.connection()).send("poem");
    await ear.over.promise;
    expect(bugs).toEqual([bug]);
    expect(ear.told).toEqual(["lost: aborted"]);
  });
});

/** The address that a server sees. */
async function seenFrom(source: string, hostname: string): Promise<string> {
  const seen = Promise.withResolvers<string>();
  const open = (socket: Socket) => {
    seen.resolve(socket.remoteAddress);
    socket.end();
  };
  using server = Bun.listen({ hostname, port: 0, socket: { open, data() {} } });
  const { ear, options } = setUp();
  const transport = await connect({ host: hostname, port: server.port }, ear, { ...options, source });
  transport.close();
  await ear.over.promise;
  return seen.promise;
}

describe("connect() from an address of our choice", () => {
  test.skipIf(!canCallLibc()).each([
    ["127.0.0.9", "127.0.0.1"],
    ["::1", "::1"],
  ])("comes from %s", async (source, hostname) => {
    expect(await seenFrom(source, hostname)).toBe(source);
  });

  test.skipIf(!canCallLibc())("says that this machine has no such address", async () => {
    const { ear, options } = setUp();
    const source = "192.0.2.77";
    const error = await failureOf(
      connect({ host: "127.0.0.1", port: closedPort() }, ear, { ...options, source }),
    );
    expect(error).toMatchObject({
      reason: "local",
      detail: expect.stringContaining(
        "192.0.2.77 is not an address of this machine, or has no free port (EADDRNOTAVAIL)",
      ),
    });
  });

  test.skipIf(canCallLibc())(
    "says that this is not possible, and does not connect from another one",
    async () => {
      await using peer = new ScriptedPeer();
      const { ear, options } = setUp();
      const error = await failureOf(connect(peer.address, ear, { ...options, source: "127.0.0.9" }));
      expect(error).toMatchObject({
        reason: "local",
        detail: expect.stringContaining("no way to choose the source address"),
      });
      expect(peer.connections).toHaveLength(0);
    },
  );
});
