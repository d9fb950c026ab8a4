import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FrameError, type Frame, type FrameReader } from "../../src/protocols/frame.ts";
import { requestReader, type Framing } from "../../src/protocols/request.ts";

type Requested = Exclude<Framing, "none">;

const bytes = (text: string) => Buffer.from(text, "latin1");
const shown = (frame: Frame | undefined) => frame && Buffer.from(frame.bytes).toString("latin1");

/** Feeds a request piece by piece; the frame, or what was thrown. */
function read(
  reader: FrameReader,
  pieces: readonly Uint8Array[],
  inputEnds = false,
): Frame | FrameError | undefined {
  try {
    for (const piece of pieces) {
      const frame = reader.take(piece);
      if (frame) return frame;
    }
    return inputEnds ? reader.end() : undefined;
  } catch (error) {
    if (error instanceof FrameError) return error;
    throw error;
  }
}

/** A Zabbix packet of `data`. */
function packet(data: string, flags = 1): string {
  const width = flags & 4 ? 8 : 4;
  const numbers = Buffer.alloc(2 * width);
  numbers.writeUInt32LE(data.length);
  return `ZBXD${String.fromCharCode(flags)}${numbers.toString("latin1")}${data}`;
}

/** An NRPE packet whose header says that `length` bytes follow, with `size` bytes in all. */
function nrpePacket(version: number, length: number, size: number): string {
  const header = Buffer.alloc(size, "x");
  header.writeUInt16BE(version, 0);
  header.writeUInt32BE(length, 12);
  return header.toString("latin1");
}

const WHOLE: readonly (readonly [framing: Requested, sent: string, frame: string])[] = [
  ["line", "example.org\r\n", "example.org\r\n"],
  ["line", "example.org\nand more", "example.org\n"],
  ["line", "\n", "\n"],
  ["line", "\0\xff\r\n", "\0\xff\r\n"],
  ["blank", "GET hosts\n\n", "GET hosts\n\n"],
  ["blank", "GET / HTTP/1.0\r\nHost: x\r\n\r\nbody", "GET / HTTP/1.0\r\nHost: x\r\n\r\n"],
  ["blank", "\r\n\r\n", "\r\n\r\n"],
  [{ bytes: 4 }, "ruok\n", "ruok"],
  [{ bytes: 4 }, "srvr", "srvr"],
  ["netstring", "12:hello world!,", "12:hello world!,"],
  ["netstring", "0:,", "0:,"],
  ["zbxd", packet("agent.ping"), packet("agent.ping")],
  ["zbxd", `${packet("", 5)}rest`, packet("", 5)],
  // As check_nrpe 4.1 sends them: a short query is padded, a long one has its length.
  ["nrpe", nrpePacket(2, 7, 1036), nrpePacket(2, 7, 1036)],
  ["nrpe", nrpePacket(3, 1017, 1036), nrpePacket(3, 1017, 1036)],
  ["nrpe", nrpePacket(4, 1020, 1036), nrpePacket(4, 1020, 1036)],
  ["nrpe", nrpePacket(3, 1506, 1525), nrpePacket(3, 1506, 1525)],
  ["nrpe", `${nrpePacket(4, 1506, 1522)}rest`, nrpePacket(4, 1506, 1522)],
  ["nrpe", nrpePacket(4, 6, 22), nrpePacket(4, 6, 22)],
];

const REFUSED: readonly (readonly [framing: Requested, sent: string, fault: string])[] = [
  ["line", "x".repeat(4097), "too_long"],
  ["line", `${"x".repeat(4096)}\n`, "too_long"],
  ["netstring", "999999999999:", "too_long"],
  ["netstring", "9".repeat(40), "too_long"],
  ["netstring", "5:abcde;", "malformed"],
  ["netstring", "5:abcdefg,", "malformed"],
  ["netstring", "05:abcde,", "malformed"],
  ["netstring", "00:,", "malformed"],
  ["netstring", "+5:abcde,", "malformed"],
  ["netstring", "-1:,", "malformed"],
  ["netstring", ":,", "malformed"],
  ["netstring", " 5:abcde,", "malformed"],
  ["netstring", "hello", "malformed"],
  ["zbxd", "ZBXE", "malformed"],
  ["zbxd", "agent.ping\n", "malformed"],
  ["zbxd", packet("x", 0), "malformed"],
  ["zbxd", packet("x", 9), "malformed"],
  ["zbxd", "ZBXD\x01\xff\xff\xff\xff\0\0\0\0", "too_long"],
  ["nrpe", nrpePacket(1, 0, 16), "malformed"],
  ["nrpe", nrpePacket(5, 6, 22), "malformed"],
  ["nrpe", "\x16\x03\x01", "malformed"], // TLS.
  ["nrpe", "GET / HTTP/1.0\r\n\r\n", "malformed"],
  ["nrpe", nrpePacket(3, 65_518, 16), "too_long"],
  ["nrpe", nrpePacket(4, 0xff_ff_ff_ff, 16), "too_long"],
];

describe("requestReader()", () => {
  test.each(WHOLE)("%j: finds the request in %j", (framing, sent, frame) => {
    expect(read(requestReader(framing), [bytes(sent)])).toEqual({ bytes: bytes(frame), isTerminated: true });
  });

  test.each(WHOLE)("%j: finds it byte by byte in %j", (framing, sent, frame) => {
    const pieces = Array.from(sent, bytes);
    expect(shown(read(requestReader(framing), pieces) as Frame)).toBe(frame);
  });

  test.each(REFUSED)("%j: refuses %j", (framing, sent, fault) => {
    expect(read(requestReader(framing), [bytes(sent)])).toMatchObject({ name: "FrameError", fault });
    expect(read(requestReader(framing), Array.from(sent, bytes))).toMatchObject({ fault });
  });

  test.each([
    ["line", "example.org"],
    ["blank", "GET hosts\n"],
    ["eof", "query www"],
  ] as const)(
    "%s: the end of the client's side completes %j, and is told from a terminator",
    (framing, sent) => {
      const frame = read(requestReader(framing), [bytes(sent)], true);
      expect(frame).toEqual({ bytes: bytes(sent), isTerminated: false });
    },
  );

  test.each([
    ["line", ""],
    ["blank", ""],
    ["eof", ""],
    [{ bytes: 4 }, "ruo"],
    ["netstring", "5:abc"],
    ["zbxd", "ZBXD"],
    ["nrpe", "\0\x03\0\x01"],
  ] as const)("%j: %j and then the end is no request", (framing, sent) => {
    expect(read(requestReader(framing), [bytes(sent)], true)).toMatchObject({ fault: "incomplete" });
  });

  test("accepts a request of exactly its limit", () => {
    const exact = `${"x".repeat(4095)}\n`;
    expect(shown(read(requestReader("line"), [bytes(exact)]) as Frame)).toBe(exact);
    expect(shown(read(requestReader("eof", 4), [bytes("four")], true) as Frame)).toBe("four");
    expect(read(requestReader("eof", 4), [bytes("fiver")])).toMatchObject({ fault: "too_long" });
  });

  test("finds the same request however it is split", () => {
    fc.assert(
      fc.property(fc.constantFrom(...WHOLE), fc.array(fc.nat(60)), ([framing, sent, frame], cuts) => {
        const pieces = cutUp(bytes(sent), cuts);
        expect(shown(read(requestReader(framing), pieces) as Frame)).toBe(frame);
      }),
    );
  });

  test("finds a request, rejects it or waits for more, for any input, and keeps no more than its limit", () => {
    const framings: Requested[] = ["line", "blank", "eof", { bytes: 7 }, "netstring", "zbxd", "nrpe"];
    const alphabet = fc.constantFrom(...Array.from("\0\r\n019:,ZBXD\x01\x02\x03\x04\xff", bytes));
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array(),
        fc.array(alphabet).map((each) => Buffer.concat(each)),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...framings), pieces, fc.boolean(), (framing, sent, inputEnds) => {
        const result = read(requestReader(framing, 64), sent, inputEnds);
        if (!result || result instanceof FrameError) return;
        expect(result.bytes.length).toBeLessThanOrEqual(64);
        expect(Buffer.concat(sent).subarray(0, result.bytes.length).equals(result.bytes)).toBe(true);
      }),
    );
  });
});

function cutUp(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [
    0,
    ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b),
    whole.length,
  ];
  return places.slice(1).map((end, index) => whole.subarray(places[index], end));
}
