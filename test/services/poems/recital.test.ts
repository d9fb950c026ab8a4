import { describe, expect, test } from "bun:test";
import { Recital } from "../../../src/services/poems/recital.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";

const POEM = "Science! true daughter of Old Time thou art!";

function begin(delay: number) {
  const clock = new ManualClock();
  const transport = new FakeTransport();
  const recital = new Recital(transport, Buffer.from(POEM), { delay, numBytes: 10 }, clock);
  recital.begin();
  return { clock, transport, recital };
}

describe("Recital", () => {
  test("sends everything at once and closes, without a delay", () => {
    const { clock, transport } = begin(0);
    expect({ written: transport.written, end: transport.end }).toEqual({ written: POEM, end: "close" });
    expect(clock.pending).toBe(0);
  });

  test("sends a few bytes at a time with a delay", () => {
    const { clock, transport } = begin(700);
    expect(transport.written).toBe("Science! t");
    clock.advance(699);
    expect(transport.written).toBe("Science! t");
    clock.advance(1);
    expect(transport.written).toBe("Science! true daught");
    clock.advance(10_000);
    expect(transport.written).toBe(POEM);
    expect(transport.end).toBe("close");
    expect(clock.pending).toBe(0);
  });

  test("waits for a client that reads more slowly than it recites", () => {
    const { clock, transport, recital } = begin(700);
    transport.unsent = 4;
    clock.advance(7000);
    expect(transport.written).toHaveLength(10);
    transport.unsent = 0;
    recital.writable();
    expect(transport.written).toHaveLength(20);
    recital.writable(); // A spurious call, as Bun may make.
    expect(transport.written).toHaveLength(20);
    clock.advance(10_000);
    expect(transport.written).toBe(POEM);
  });

  test("stops when its client has left", () => {
    const { clock, recital } = begin(700);
    recital.connectionLost();
    expect(clock.pending).toBe(0);
  });
});
