import { describe, expect, test } from "bun:test";
import type { Frame } from "../../../src/protocols/frame.ts";
import { requestReader, type Framing } from "../../../src/protocols/request.ts";
import { Asking, type AskingOptions } from "../../../src/services/visit/asking.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { Memory } from "../../../src/services/memory.ts";
import { roomy } from "../../support/roomy.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** A client without a socket that is about to ask, and a protocol that records its events once it has. */
function setUp(framing: Exclude<Framing, "none"> = "line", requestTimeout = 10_000) {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  const requests: Frame[] = [];
  const told: string[] = [];
  const asking = new Asking(transport, {
    clock,
    budget: roomy().budget,
    reader: (meter) => requestReader(framing, undefined, meter),
    requestTimeout,
    asked: (request) => {
      requests.push(request);
      return {
        dataReceived: () => told.push("dataReceived"),
        inputEnded: () => told.push("inputEnded"),
        writable: () => told.push("writable"),
        connectionLost: (error) => told.push(`connectionLost ${error?.message}`),
      };
    },
  });
  const asked = () => requests.map((request) => Buffer.from(request.bytes).toString("latin1"));
  const refusal = () => ({ ending: transport.ending, detail: transport.detail });
  return { clock, transport, asking, requests, asked, told, refusal };
}

/** A client whose request counts in a budget of 2 MiB, and how often garbage was collected. */
function askingWith(framing: Exclude<Framing, "none">, given: Partial<AskingOptions> = {}) {
  let count = 0;
  const { budget } = new Memory({ limit: 2 ** 21, maxAnswer: 10, collectGarbage: () => ++count > 0 });
  const asking = new Asking(new FakeTransport(), {
    clock: new ManualClock(),
    budget,
    reader: (meter) => requestReader(framing, 2 ** 20, meter),
    requestTimeout: 0,
    asked: () => ({}),
    ...given,
  });
  return { asking, budget, collected: () => count };
}

describe("Asking", () => {
  test("hands over the request, byte for byte, as soon as it is complete", () => {
    const { asking, requests, clock } = setUp();
    asking.dataReceived(bytes("Ecst\0\xff"));
    expect(requests).toEqual([]);
    asking.dataReceived(bytes("\r\n"));
    expect(requests).toEqual([{ bytes: new Uint8Array(bytes("Ecst\0\xff\r\n")), isTerminated: true }]);
    expect(clock.pending).toBe(0);
  });

  test("accepts the request one byte at a time", () => {
    const { asking, asked } = setUp("blank");
    for (const char of "GET hosts\n\n") asking.dataReceived(bytes(char));
    expect(asked()).toEqual(["GET hosts\n\n"]);
  });

  test("passes what follows the request to the answering protocol, in the same piece or later", () => {
    const { asking, asked, told } = setUp();
    asking.dataReceived(bytes("one\ntwo\n"));
    asking.dataReceived(bytes("three\n"));
    expect(asked()).toEqual(["one\n"]);
    expect(told).toEqual(["dataReceived", "dataReceived"]);
  });

  test("lets the client's half-close complete the request", () => {
    const { asking, requests, told } = setUp();
    asking.dataReceived(bytes("ecstasy"));
    asking.inputEnded();
    expect(requests).toEqual([{ bytes: new Uint8Array(bytes("ecstasy")), isTerminated: false }]);
    expect(told).toEqual([]);
  });

  test("passes events after the request to the answering protocol", () => {
    const { asking, told, transport } = setUp();
    asking.dataReceived(bytes("\n"));
    asking.inputEnded();
    asking.writable();
    asking.connectionLost();
    expect(told).toEqual(["inputEnded", "writable", "connectionLost undefined"]);
    expect(transport.ending).toBeUndefined();
  });

  test.each([
    ["too long", "line", "x".repeat(4097), "too_long", "longer than 4096 bytes"],
    ["malformed", "netstring", "x", "malformed", "netstring without a length"],
  ] as const)("resets a client whose request is %s", (_, framing, sent, reason, detail) => {
    const { asking, transport, asked, refusal, clock } = setUp(framing);
    asking.dataReceived(bytes(sent));
    const expected = { ending: `client/request/${reason}`, detail: `request ${detail}` };
    expect(refusal()).toEqual(expected as never);
    expect(transport.end).toBe("abort");
    asking.dataReceived(bytes("\n"));
    asking.inputEnded();
    expect(asked()).toEqual([]);
    expect(refusal()).toEqual(expected as never);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ["line", "", 0],
    [{ bytes: 4 }, "ruo", 3],
  ] as const)("resets a client that ends before its request does: %p", (framing, sent, received) => {
    const { asking, transport, refusal } = setUp(framing);
    asking.dataReceived(bytes(sent));
    asking.inputEnded();
    expect(refusal()).toEqual({
      ending: "client/request/incomplete",
      detail: `request cut short after ${received} bytes`,
    });
    expect(transport.end).toBe("abort");
  });

  test("resets a client that is too slow, however busily it sends", () => {
    const { asking, transport, refusal, asked, clock } = setUp();
    for (let second = 0; second < 10; second++) {
      expect(transport.end).toBeUndefined();
      asking.dataReceived(bytes("."));
      clock.advance(1000);
    }
    expect(refusal()).toEqual({
      ending: "client/request/timeout",
      detail: "request incomplete after 10s",
    });
    expect(transport.end).toBe("abort");
    asking.dataReceived(bytes("\n"));
    expect(asked()).toEqual([]);
  });

  test.each([
    ["x", "close"],
    ["5:abc", "abort"],
  ] as const)("declines a bad request in order where the protocol has that: %j ends in %s", (sent, end) => {
    const transport = new FakeTransport();
    const asking = new Asking(transport, {
      clock: new ManualClock(),
      budget: roomy().budget,
      reader: () => requestReader("netstring"),
      requestTimeout: 0,
      asked: () => expect.unreachable(),
      declines: ({ ending }) => ending === "client/request/malformed",
    });
    asking.dataReceived(bytes(sent));
    asking.inputEnded();
    expect(transport.end).toBe(end);
  });

  test("resets a client if there is no memory for its request, and gives back what it took", () => {
    const { budget } = new Memory({ limit: 40_000, maxAnswer: 10 });
    budget.take(1000);
    const ask = () => {
      const transport = new FakeTransport();
      const asking = new Asking(transport, {
        clock: new ManualClock(),
        budget,
        reader: (meter) => requestReader("eof", 100_000, meter),
        requestTimeout: 0,
        asked: () => ({}),
      });
      return { transport, asking };
    };
    const [one, other] = [ask(), ask()];
    one.asking.dataReceived(Buffer.alloc(15_000));
    expect(budget.used).toBe(1000 + 15_000 - 4096);
    other.asking.dataReceived(Buffer.alloc(10_000));
    other.asking.dataReceived(Buffer.alloc(10_000));
    expect(other.transport.ending).toBe("proxy/request/memory");
    expect(other.transport.detail).toBe("no memory for a request of 30000 bytes or more");
    expect(budget.used).toBe(1000 + 15_000 - 4096);
    one.asking.inputEnded();
    expect(budget.used).toBe(1000); // The answering side accounts for it now.
  });

  test("does not give away the memory of a request before the answering protocol can count it", () => {
    const { budget } = new Memory({ limit: 40_000, maxAnswer: 10 });
    const asking = new Asking(new FakeTransport(), {
      clock: new ManualClock(),
      budget,
      reader: (meter) => requestReader("eof", 100_000, meter),
      requestTimeout: 0,
      asked: ({ bytes: { length } }) => {
        budget.add(length);
        return {};
      },
    });
    asking.dataReceived(Buffer.alloc(20_000));
    const left: number[] = [];
    budget.whenGiven(() => left.push(budget.left));
    asking.inputEnded();
    expect(left).toEqual([30_000 - 20_000]);
  });

  test("has the garbage of long requests collected, because most answers need none of them", () => {
    let collected = 0;
    const { budget } = new Memory({ limit: 2 ** 21, maxAnswer: 10, collectGarbage: () => ++collected > 0 });
    const ask = (length: number) => {
      const asking = new Asking(new FakeTransport(), {
        clock: new ManualClock(),
        budget,
        reader: (meter) => requestReader("eof", 2 ** 20, meter),
        requestTimeout: 0,
        asked: () => ({}),
      });
      asking.dataReceived(Buffer.alloc(length));
      asking.inputEnded();
    };
    for (let i = 0; i < 100; i++) ask(4000);
    expect(collected).toBe(0);
    for (let i = 0; i < 4; i++) ask(100_000);
    expect(collected).toBe(2);
  });

  test("resumes reading a long request only once enough garbage is gone", () => {
    const going: (() => void)[] = [];
    const clock = new ManualClock();
    const { budget } = new Memory({
      limit: 2 ** 21,
      maxAnswer: 10,
      collectGarbage: (_, gone) => going.push(gone) > 0,
    });
    const transport = new FakeTransport();
    let asked = 0;
    const asking = new Asking(transport, {
      clock,
      budget,
      reader: (meter) => requestReader("eof", 2 ** 21, meter),
      requestTimeout: 0,
      asked: ({ bytes: { length } }) => {
        asked += length;
        return {};
      },
    });
    budget.discarded(2 ** 20);
    asking.dataReceived(Buffer.alloc(300_000));
    expect(transport.isPaused).toBe(false);
    asking.dataReceived(Buffer.alloc(300_000));
    expect(transport.isPaused).toBe(true);
    clock.advance(1000);
    expect(transport.isPaused).toBe(true);
    for (const gone of going) gone();
    clock.advance(1000);
    expect(transport.isPaused).toBe(false);
    asking.inputEnded();
    expect(asked).toBe(600_000);
    expect(clock.pending).toBe(0);
  });

  test("counts a request that is given up as garbage", () => {
    const { asking, budget, collected } = askingWith("line");
    asking.dataReceived(Buffer.alloc(300_000));
    asking.connectionLost();
    expect([collected(), budget.used]).toEqual([1, 0]);
  });

  test("leaves a request to be collected to whoever still needs it", () => {
    const { asking, budget, collected } = askingWith("eof", { isNeeded: () => true });
    asking.dataReceived(Buffer.alloc(300_000));
    asking.inputEnded();
    expect([collected(), budget.used]).toEqual([0, 0]);
  });

  test("passes on what follows a request in a long piece, whatever was before it", () => {
    const rest: Uint8Array[] = [];
    for (const first of [10, 100_000]) {
      const asking = new Asking(new FakeTransport(), {
        clock: new ManualClock(),
        budget: roomy().budget,
        reader: (meter) => requestReader("line", 2 ** 20, meter),
        requestTimeout: 0,
        asked: () => ({ dataReceived: (more) => void rest.push(more) }),
      });
      asking.dataReceived(Buffer.alloc(first, "a"));
      asking.dataReceived(Buffer.alloc(100_000, "b"));
      asking.dataReceived(Buffer.concat([Buffer.from("\n"), Buffer.alloc(100_000, "c")]));
    }
    for (const each of rest) expect(Buffer.compare(each, Buffer.alloc(100_000, "c"))).toBe(0);
    expect(rest).toHaveLength(2);
  });

  test("counts nothing for requests of 4 KiB, and gives back what a client took that left", () => {
    const { budget } = new Memory({ limit: 40_000, maxAnswer: 10 });
    const asking = new Asking(new FakeTransport(), {
      clock: new ManualClock(),
      budget,
      reader: (meter) => requestReader("eof", 100_000, meter),
      requestTimeout: 0,
      asked: () => ({}),
    });
    asking.dataReceived(Buffer.alloc(4096));
    expect(budget.used).toBe(0);
    asking.dataReceived(Buffer.alloc(1));
    expect(budget.used).toBe(4096);
    asking.connectionLost();
    expect(budget.used).toBe(0);
  });

  test("waits forever if told to", () => {
    const { asking, asked, clock } = setUp("line", 0);
    clock.advance(1e9);
    asking.dataReceived(bytes("ecstasy\n"));
    expect(asked()).toEqual(["ecstasy\n"]);
  });

  test("forgets a client that leaves before its request", () => {
    const { asking, transport, clock } = setUp();
    asking.dataReceived(bytes("ecs"));
    asking.connectionLost();
    expect(transport.ending).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("passes on bugs of the answering protocol", () => {
    const bug = new TypeError("x is undefined");
    const asking = new Asking(new FakeTransport(), {
      clock: new ManualClock(),
      budget: roomy().budget,
      reader: () => requestReader("line"),
      requestTimeout: 0,
      asked: () => {
        throw bug;
      },
    });
    expect(() => asking.dataReceived(bytes("\n"))).toThrow(bug);
  });
});
