import { describe, expect, test } from "bun:test";
import { succeed } from "../../../src/deferred/mod.ts";
import { Memory } from "../../../src/services/memory.ts";
import type { Poem } from "../../../src/services/poems/poem-library.ts";
import type { Pace } from "../../../src/services/poems/recital.ts";
import { TitleServer } from "../../../src/services/poems/title-server.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { Recorder } from "../../support/recorder.ts";

const LENGTH = 1000;
const AT_ONCE = { delay: 0, numBytes: 100 };

/** A title server with memory for three poems besides entries. Each title is a poem of its own. */
function setUp(pace: Pace = AT_ONCE) {
  const clock = new ManualClock();
  const memory = new Memory({ limit: 4 * LENGTH, maxAnswer: LENGTH });
  const poems = new Map<string, Poem>();
  const find = (title: string) => {
    const poem = poems.get(title) ?? { bytes: Buffer.alloc(LENGTH, title) };
    poems.set(title, poem);
    return succeed(poem);
  };
  const server = new TitleServer({
    library: { directory: "poetry", find, list: () => succeed({ titles: 1, text: Buffer.from("a\n") }) },
    memory,
    requestTimeout: 0,
    listen: { address: { host: "127.0.0.1", port: 0 } },
    pace,
    clock,
    observer: new Recorder().observe,
  });
  /** A client that asks, and does not read. */
  const ask = (title: string, unsent = LENGTH) => {
    const transport = new FakeTransport();
    transport.unsent = unsent;
    const asking = server["serve"](transport);
    asking.dataReceived?.(Buffer.from(`${title}\n`));
    const takeAll = () => {
      transport.unsent = 0;
      asking.writable?.();
    };
    return { transport, asking, takeAll };
  };
  return { clock, memory, ask };
}

describe("TitleServer", () => {
  test("counts poems that clients do not read, and resets the client that stalled longest", () => {
    const { memory, ask } = setUp();
    const [first, second, third] = [ask("a"), ask("b"), ask("c")];
    expect(memory.budget.used).toBe(3 * LENGTH);
    first?.asking.advanced?.();
    const fourth = ask("d");
    expect(second?.transport).toMatchObject({ end: "abort", ending: "client/data/memory" });
    for (const { transport } of [first, third, fourth])
      expect(transport).toMatchObject({ end: "close", ending: "ok" });
    expect(memory.budget.used).toBe(3 * LENGTH);
    for (const { takeAll } of [first, third]) takeAll();
    fourth.asking.connectionLost?.();
    expect(memory.budget.used).toBe(0);
  });

  test("counts a poem once, however many clients do not read it", () => {
    const { memory, ask } = setUp();
    const clients = Array.from({ length: 100 }, () => ask("a"));
    expect(memory.budget.used).toBe(LENGTH);
    for (const { asking } of clients) asking.connectionLost?.();
    expect(memory.budget.used).toBe(0);
  });

  test("counts nothing for a client if the kernel accepts all of the poem", () => {
    const { memory, ask } = setUp();
    ask("a", 0);
    expect(memory.budget.used).toBe(0);
  });

  test("counts a poem as long as it is recited", () => {
    const { clock, memory, ask } = setUp({ delay: 100, numBytes: 100 });
    const { transport, takeAll } = ask("a", 0);
    for (let piece = 1; piece < 10; piece++) {
      expect(memory.budget.used).toBe(LENGTH);
      clock.advance(100);
    }
    expect(transport.end).toBe("close");
    takeAll();
    expect(memory.budget.used).toBe(0);
  });

  test("resets the client that was stuck longest in a recital before one that has read a piece since", () => {
    const { clock, ask } = setUp({ delay: 100, numBytes: 100 });
    const [stuck, quick, other] = [ask("a", 1), ask("b", 0), ask("c", 0)];
    clock.advance(100);
    ask("d", 0);
    expect(stuck?.transport.ending).toBe("client/data/memory");
    for (const { transport } of [quick, other]) expect(transport.end).toBeUndefined();
  });
});
