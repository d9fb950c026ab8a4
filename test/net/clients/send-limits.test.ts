import { describe, expect, test } from "bun:test";
import { CLIENT_LIMITS, type ClientLimits } from "../../../src/net/clients/client-limits.ts";
import { SendLimits, type Reader } from "../../../src/net/clients/send-limits.ts";
import type { Ending } from "../../../src/net/ending.ts";
import type { Transport } from "../../../src/net/transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { ListenerStage, sendAll } from "../../support/listener-stage.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { openSockets } from "../../support/open-sockets.ts";
import { visit, Visitor } from "../../support/visitor.ts";

const LINGER = 2_000;
const SEND_TIMEOUT = 60_000;

/** Our kernel buffers all of it at once; a client's kernel does not unless the client reads. */
const LONG = new Uint8Array(2 * 1024 * 1024).map((_, i) => i % 251);

/** A client that does not read, and its connection; `greet` is what it does at first. */
async function unreadOn(stage: ListenerStage, greet: (visitor: Visitor) => void = () => {}) {
  const visitor = new Visitor(stage.port, (socket) => socket.pause());
  await visitor.connected;
  greet(visitor);
  await stage.until("connected");
  return { visitor, transport: stage.transports[0] as Transport };
}

/** A client whose kernel the test simulates. */
class PlayedReader implements Reader {
  bytesOut = 1_000_000;
  isLingering = false;
  hasTalked = false;
  ending: Ending | undefined = undefined;
  #unread: number | undefined = 500_000;

  unread(): number | undefined {
    return this.#unread;
  }

  reads(bytes: number): void {
    this.#unread = (this.#unread ?? 0) - bytes;
  }

  /** Makes the kernel's numbers unavailable. */
  hide(): void {
    this.#unread = undefined;
  }

  hangUp(ending: Ending = "ok"): void {
    this.ending = ending;
  }

  abort(ending: Ending): void {
    this.ending = ending;
  }
}

function setUp(limits: Partial<ClientLimits> = {}) {
  const clock = new ManualClock();
  return {
    clock,
    limits: new SendLimits(clock, { ...CLIENT_LIMITS, ...limits }),
    reader: new PlayedReader(),
  };
}

describe("SendLimits of a client whose kernel buffer is full", () => {
  test("reset it when it has read nothing for the send timeout", () => {
    const { clock, limits, reader } = setUp();
    limits.stalled(reader);
    clock.advance(SEND_TIMEOUT - 1);
    expect(reader.ending).toBeUndefined();
    clock.advance(1);
    expect(reader.ending).toBe("client/data/timeout");
  });

  test("see that it reads, even before the socket is writable", () => {
    const { clock, limits, reader } = setUp();
    limits.stalled(reader);
    for (let i = 0; i < 5; i++) {
      clock.advance(SEND_TIMEOUT - 10_000);
      reader.reads(1000);
    }
    expect(reader.ending).toBeUndefined();
    clock.advance(SEND_TIMEOUT - 10_000);
    expect(reader.ending).toBeUndefined();
    clock.advance(20_000);
    expect(reader.ending).toBe("client/data/timeout");
  });

  test("start again when the kernel accepts more", () => {
    const { clock, limits, reader } = setUp();
    limits.stalled(reader);
    clock.advance(SEND_TIMEOUT - 1);
    limits.stalled(reader);
    clock.advance(SEND_TIMEOUT - 1);
    expect(reader.ending).toBeUndefined();
  });

  test("know only what the kernel accepts if it cannot be asked", () => {
    const { clock, limits, reader } = setUp();
    reader.hide();
    limits.stalled(reader);
    clock.advance(SEND_TIMEOUT - 1);
    expect(reader.ending).toBeUndefined();
    clock.advance(1);
    expect(reader.ending).toBe("client/data/timeout");
  });

  test("end once the kernel has everything", () => {
    const { clock, limits, reader } = setUp();
    limits.stalled(reader);
    limits.flowing(reader);
    expect(clock.pending).toBe(0);
  });
});

describe("SendLimits of a client that may have everything, if the kernel cannot be asked", () => {
  test("close it after --linger", () => {
    const { clock, limits, reader } = setUp();
    reader.hide();
    reader.isLingering = true;
    limits.lingering(reader);
    clock.advance(LINGER);
    expect(reader.ending).toBe("client/linger/timeout");
  });

  test("keep one that keeps sending for the total time: closing would make the kernel reset away the rest", () => {
    const { clock, limits, reader } = setUp();
    reader.hide();
    reader.isLingering = true;
    reader.hasTalked = true;
    limits.lingering(reader);
    limits.talking(reader);
    clock.advance(599_999);
    expect(reader.ending).toBeUndefined();
    clock.advance(1);
    expect(reader.ending).toBe("client/data/total");
  });
});

describe.skipIf(process.platform !== "linux")("SendLimits", () => {
  test("let a client that reads slowly and keeps sending get its whole answer: --linger begins after that", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    expect(transport.unsent).toBe(0);
    for (let i = 0; i < 5; i++) {
      await visitor.send("\n");
      stage.clock.advance(LINGER);
    }
    await visitor.send("and more\n");
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect(end).toBe("fin");
    expect(bytes.equals(LONG)).toBe(true);
    await stage.until("lost in order");
    expect(transport.ending).toBe("ok");
  });

  test("let a client send more than a MiB before it has its answer, and none after it", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    const chatter = Buffer.alloc(65_536);
    while (transport.bytesIn < 3 * 1024 * 1024) {
      await visitor.send(chatter);
      await nextTurn();
    }
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect(end).toBe("fin");
    expect(bytes.equals(LONG)).toBe(true);
  });

  test.each([
    ["stays", () => {}],
    ["has ended its side before", (visitor: Visitor) => void visitor.endInput()],
  ])("reset a client that %s and takes nothing from the kernel for the send timeout", async (_, greet) => {
    const answering: { begin?: () => void } = {};
    await using stage = new ListenerStage(
      (transport) => void (answering.begin = () => sendAll(LONG)(transport)),
    );
    const { visitor, transport } = await unreadOn(stage, greet);
    if (_ !== "stays") await stage.until("input ended");
    answering.begin?.();
    expect(transport.unsent).toBe(0);
    await nextTurn();
    stage.clock.advance(LINGER + SEND_TIMEOUT - 1);
    expect(stage.listener.connections).toBe(1);
    stage.clock.advance(LINGER);
    expect(stage.listener.connections).toBe(0);
    expect([transport.ending, transport.isReset]).toEqual(["client/data/timeout", true]);
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(LONG.length);
  });

  test("reset a client that half-closes afterwards and reads nothing more", async () => {
    const before = openSockets();
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    await visitor.endInput();
    await stage.until("input ended");
    await nextTurn();
    expect(stage.listener.connections).toBe(1);
    stage.clock.advance(SEND_TIMEOUT + LINGER);
    expect(stage.listener.connections).toBe(0);
    expect(transport.ending).toBe("client/data/timeout");
    visitor.resume();
    expect((await visitor.visit).end).toBe("reset");
    await stage.listener.drain();
    while (openSockets().difference(before).size > 0) await nextTurn();
  });

  test("wait until a client that has half-closed has read the rest, and report it as served then", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    await visitor.endInput();
    await stage.until("input ended");
    await nextTurn();
    stage.clock.advance(LINGER);
    expect(transport.ending).toBe("ok");
    expect(stage.listener.unserved).toBe(1);
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect([bytes.equals(LONG), end]).toEqual([true, "fin"]);
    while (stage.listener.unserved > 0) await nextTurn();
    stage.clock.advance(LINGER);
    expect(stage.listener.connections).toBe(0);
    expect(transport.ending).toBe("ok");
  });

  test("keep no client longer than the total time for sending, even if it reads a little now and then", async () => {
    const total = 90_000;
    await using stage = new ListenerStage(sendAll(LONG), { sendTotal: total });
    const { visitor, transport } = await unreadOn(stage);
    stage.clock.advance(LINGER);
    stage.clock.advance(total / 2);
    visitor.resume();
    while (visitor.received === 0) await nextTurn();
    visitor.pause();
    stage.clock.advance(total / 2 - 1);
    expect(stage.listener.connections).toBe(1);
    stage.clock.advance(1);
    expect(transport.ending).toBe("client/data/total");
  });

  test("do not count a client as served that resets before it has read what the kernel holds", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    await visitor.vanish();
    await stage.until("lost in order");
    expect(transport.ending).toBe("client/data/reset");
  });

  test("do not count a client as served that half-closes and then leaves", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const { visitor, transport } = await unreadOn(stage);
    await visitor.endInput();
    await stage.until("input ended");
    await visitor.vanish();
    await nextTurn();
    stage.clock.advance(LINGER);
    expect(stage.listener.connections).toBe(0);
    expect(transport.ending).toBe("client/data/reset");
  });

  test("still reset it with an unlimited linger time, and with one longer than the send timeout", async () => {
    for (const linger of [0, 10 * SEND_TIMEOUT]) {
      await using stage = new ListenerStage(sendAll(LONG), { linger });
      const { transport } = await unreadOn(stage);
      stage.clock.advance(SEND_TIMEOUT + LINGER);
      expect(transport.ending).toBe("client/data/timeout");
    }
  });

  test("with an unlimited linger time keep a client that has everything", async () => {
    await using stage = new ListenerStage(sendAll(LONG), { linger: 0 });
    const { visitor } = await unreadOn(stage);
    visitor.keepOpen();
    visitor.resume();
    expect((await visitor.visit).end).toBe("fin");
    while (stage.listener.unserved > 0) await nextTurn(); // The last bytes may be acknowledged later.
    stage.clock.advance(10 * SEND_TIMEOUT);
    expect(stage.listener.connections).toBe(1);
  });
});

describe("Listener.abort()", () => {
  test("closes a client that has everything but does not hang up, and resets one that has not", async () => {
    await using stage = new ListenerStage(sendAll(LONG));
    const reader = new Visitor(stage.port);
    reader.keepOpen();
    expect((await reader.visit).end).toBe("fin");
    const { transport } = await unreadOn(stage);
    await stage.until("connected", 2);
    while (stage.listener.unserved > 1) await nextTurn();
    stage.listener.abort();
    expect(transport.ending).toBe("ok");
    expect(stage.transports.map(({ isReset }) => isReset)).toEqual([false, true]);
    expect(stage.transports[1]?.ending).toBe("proxy/data/shutdown");
  });
});

test("An answer of 64 KiB reaches a client that half-closes at once completely, and its end needs no timer", async () => {
  const answer = LONG.subarray(0, 64 * 1024);
  await using stage = new ListenerStage(sendAll(answer));
  const { bytes, end } = await visit(stage.port, (socket) => socket.shutdown());
  expect([bytes.equals(answer), end]).toEqual([true, "fin"]);
  await stage.until("lost in order");
});
