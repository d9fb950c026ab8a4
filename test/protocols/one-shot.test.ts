import { describe, expect, test } from "bun:test";
import { CancelledError } from "../../src/deferred/mod.ts";
import { ConnectionLostError } from "../../src/net/errors.ts";
import {
  collect,
  collectOwn,
  OneShotReader,
  sendWhole,
  TooLongError,
  TruncatedError,
} from "../../src/protocols/one-shot.ts";
import { FakeTransport } from "../support/fake-transport.ts";
import { failureOf, unfired, valueOf } from "../../src/deferred/testing.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const reset = new ConnectionLostError(false, "connection reset");

function readerOf(limit = 100) {
  const transport = new FakeTransport();
  const reader = new OneShotReader(collect(limit));
  reader.connectionMade(transport);
  return { transport, reader };
}

describe("OneShotReader", () => {
  test("fires with every byte when the other side closes cleanly, and closes its own", () => {
    const { transport, reader } = readerOf();
    reader.dataReceived(bytes("po"));
    reader.dataReceived(bytes("em"));
    unfired(reader.answer);
    reader.inputEnded();
    expect(valueOf(reader.answer)).toEqual(bytes("poem"));
    expect(transport.end).toBe("close");
  });

  test("does not wait for a request to be read that has already been answered", () => {
    const { transport, reader } = readerOf();
    transport.unsent = 7;
    reader.dataReceived(bytes("poem"));
    reader.inputEnded();
    expect(valueOf(reader.answer)).toEqual(bytes("poem"));
    expect(transport.end).toBe("abort");
  });

  test("fails when the connection is lost before the end, and says how much arrived", () => {
    const { reader } = readerOf();
    reader.dataReceived(bytes("po"));
    reader.connectionLost(reset);
    expect(failureOf(reader.answer)).toEqual(new TruncatedError(2, "connection reset", reset));
  });

  test("ignores a reset after the end", () => {
    const { reader } = readerOf();
    reader.dataReceived(bytes("poem"));
    reader.inputEnded();
    reader.connectionLost(reset);
    expect(valueOf(reader.answer)).toEqual(bytes("poem"));
  });

  test("resets the connection at the first byte beyond the limit", () => {
    const { transport, reader } = readerOf(3);
    reader.dataReceived(bytes("poem"));
    expect(failureOf(reader.answer)).toEqual(new TooLongError(3));
    expect(transport.end).toBe("abort");
    reader.dataReceived(bytes("more"));
    reader.inputEnded();
    reader.connectionLost(new ConnectionLostError(true, "aborted"));
  });

  test("resets the connection when it is cancelled", () => {
    const { transport, reader } = readerOf();
    reader.answer.cancel();
    reader.connectionLost(new ConnectionLostError(true, "aborted"));
    expect(failureOf(reader.answer)).toEqual(expect.any(CancelledError));
    expect(transport.end).toBe("abort");
  });

  test("reports that bytes have arrived", () => {
    let heard = 0;
    const reader = new OneShotReader(collect(10), () => heard++);
    reader.dataReceived(bytes("a"));
    reader.dataReceived(bytes("b"));
    expect(heard).toBe(2);
    expect(reader.received).toBe(2);
  });
});

describe.each([
  ["collect()", collect],
  ["collectOwn()", collectOwn],
] as const)("%s", (_name, collecting) => {
  test.each([
    [["poem"], "poem"],
    [[], ""],
    [["p", "o", "e", "m"], "poem"],
    [["", "poem", ""], "poem"],
  ])("joins %j", (chunks, expected) => {
    const sink = collecting(100);
    for (const chunk of chunks) sink.take(bytes(chunk));
    expect(sink.end()).toEqual(bytes(expected));
  });

  test("accepts exactly its limit, and not one byte more", () => {
    const sink = collecting(4);
    sink.take(bytes("poem"));
    expect(() => sink.take(bytes("s"))).toThrow(TooLongError);
  });

  test("keeps a thousand small pieces in an array of exactly their length", () => {
    const sink = collecting(1e6);
    const expected = Array.from({ length: 1000 }, (_, i) => i % 251);
    for (const byte of expected) sink.take(Uint8Array.of(byte));
    const whole = sink.end();
    expect([...whole]).toEqual(expected);
    expect(whole.buffer.byteLength).toBe(1000);
  });

  test("keeps an answer of one piece without a copy", () => {
    const piece = bytes("poem");
    const sink = collecting(100);
    sink.take(piece);
    expect(sink.end()).toBe(piece);
  });
});

test("collectOwn() frees each long piece as soon as it is copied", () => {
  const pieces = [1, 2, 3].map((value) => new Uint8Array(100_000).fill(value));
  const sink = collectOwn(1e6);
  for (const piece of pieces) sink.take(piece);
  expect(pieces.map(({ length }) => length)).toEqual([0, 0, 0]);
  const expected = Buffer.concat([1, 2, 3].map((value) => Buffer.alloc(100_000, value)));
  expect(Buffer.compare(sink.end(), expected)).toBe(0);
});

test("frees an answer that is cut short at once", () => {
  const taken: number[] = [];
  const cut = (how: (reader: OneShotReader<Uint8Array>) => void) => {
    const first = new Uint8Array(100_000);
    const reader = new OneShotReader(collectOwn(1e6, { takes: (now) => void taken.push(now) }));
    reader.dataReceived(first);
    how(reader);
    reader.answer.addErrback(() => {});
    return [first.length, taken.at(-1)];
  };
  expect(cut((reader) => reader.connectionLost())).toEqual([0, 0]);
  expect(cut((reader) => reader.fail(new Error("too late")))).toEqual([0, 0]);
  expect(cut((reader) => reader.dataReceived(new Uint8Array(1e6)))).toEqual([0, 0]);
});

test("sendWhole() writes, then closes", () => {
  const transport = new FakeTransport();
  sendWhole(transport, bytes("poem"));
  expect(transport.written).toBe("poem");
  expect(transport.end).toBe("close");
});
