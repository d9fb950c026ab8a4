import { describe, expect, test } from "bun:test";
import { Deferred } from "../../../src/deferred/mod.ts";
import { Memory } from "../../../src/services/memory.ts";
import { TransformError } from "../../../src/services/transform/transformation.ts";
import { TransformServer } from "../../../src/services/transform/transform-server.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { Recorder } from "../../support/recorder.ts";

const POEM = 40_000;
const ANSWER = "x".repeat(POEM);

interface Work {
  readonly done: Deferred<Uint8Array>;
  readonly takes: (bytes: number) => void;
}

/** A server whose transformations end when the test says, with memory for two poems and their requests. */
function setUp() {
  const memory = new Memory({ limit: 4 * POEM, maxAnswer: POEM });
  const begun: Work[] = [];
  const server = new TransformServer({
    transformations: [
      {
        name: "work",
        description: "for a test",
        apply: (_, workspace) => {
          const done = new Deferred<Uint8Array>();
          begun.push({ done, takes: (bytes) => workspace?.takes(bytes) });
          return done;
        },
      },
    ],
    maxPoem: POEM,
    maxAnswer: POEM,
    requestTimeout: 0,
    memory,
    listen: { address: { host: "127.0.0.1", port: 0 } },
    clock: new ManualClock(),
    observer: new Recorder().observe,
  });
  const ask = (unsent = 0) => {
    const transport = new FakeTransport();
    transport.unsent = unsent;
    const protocol = server["serve"](transport);
    protocol.dataReceived?.(Buffer.from(`${5 + POEM}:work.${ANSWER},`));
    return { transport, protocol };
  };
  const finish = (work: Work | undefined) => work?.done.callback(Buffer.from(ANSWER));
  return { memory, begun, ask, finish };
}

describe("TransformServer", () => {
  test("transforms when there is memory for it: others wait until one has finished", () => {
    const { memory, begun, ask, finish } = setUp();
    const [first, second, third] = [ask(), ask(), ask()];
    expect(begun).toHaveLength(1); // With its request, a second one would take 4 of 3 poems.
    third?.protocol.connectionLost?.();
    finish(begun[0]);
    expect(first?.transport.end).toBe("close");
    expect(begun).toHaveLength(2);
    finish(begun[1]);
    expect(second?.transport.end).toBe("close");
    expect([begun.length, memory.budget.used]).toEqual([2, 0]);
  });

  test("keeps room for the whole answer while only its start is there: others keep waiting", () => {
    const { begun, ask, finish } = setUp();
    const [first, second] = [ask(), ask()];
    begun[0]?.takes(1000);
    expect(begun).toHaveLength(1);
    finish(begun[0]);
    expect(begun).toHaveLength(2);
    finish(begun[1]);
    expect([first, second].map((client) => client?.transport.end)).toEqual(["close", "close"]);
  });

  test("resets a request that there is no memory for", () => {
    const { memory, ask } = setUp();
    const clients = Array.from({ length: 5 }, () => ask());
    expect(clients.map(({ transport }) => transport.ending)).toEqual([
      ...Array.from({ length: 2 }, () => undefined),
      ...Array.from({ length: 3 }, () => "proxy/request/memory" as const),
    ]);
    expect(memory.budget.used).toBeLessThanOrEqual(memory.budget.share);
    for (const { protocol } of clients) protocol.connectionLost?.();
    expect(memory.budget.used).toBe(0);
  });

  test("counts answers that clients do not read, and resets the client that stalled longest", () => {
    const { memory, begun, ask, finish } = setUp();
    const clients = Array.from({ length: 4 }, (_, at) => {
      const client = ask(1);
      finish(begun[at]);
      return client;
    });
    expect(clients.map(({ transport }) => transport.ending)).toContain("client/data/memory");
    expect(clients[3]?.transport.ending).toBe("ok");
    for (const { protocol } of clients) protocol.connectionLost?.();
    expect(memory.budget.used).toBe(0);
  });

  test("gives back the memory of a transformation that fails or whose client leaves", () => {
    const { memory, begun, ask } = setUp();
    const failing = ask();
    begun[0]?.takes(2 * POEM);
    begun[0]?.done.errback(new TransformError("work", "not_text", "the poem is not valid UTF-8"));
    expect(failing.transport.end).toBe("abort");
    expect(memory.budget.used).toBe(0);
    const leaving = ask();
    begun[1]?.takes(2 * POEM);
    leaving.protocol.connectionLost?.();
    expect(memory.budget.used).toBe(0);
  });
});
