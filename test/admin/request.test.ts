import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HttpError, HttpRequestReader, type HttpRequest } from "../../src/admin/request.ts";

/** Reads a request that came in pieces. */
function read(...pieces: (string | Uint8Array)[]): HttpRequest | undefined {
  const reader = new HttpRequestReader();
  let request: HttpRequest | undefined;
  for (const piece of pieces) request ??= reader.take(Buffer.from(piece as string));
  return request;
}

/** The status with which a request is refused. */
function refusal(text: string | Uint8Array): number | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    return (error as HttpError).status;
  }
}

describe("HttpRequestReader", () => {
  test("reads a request, however it is split", () => {
    const text =
      "POST /purge?a=1&b=%20 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello and more";
    const want = { method: "POST", path: "/purge", body: Buffer.from("hello") };
    for (const request of [read(text), read(...text.split(""))]) {
      expect({ ...request, body: Buffer.from(request?.body ?? []) }).toMatchObject(want);
      expect(request?.query.get("b")).toBe(" ");
      expect(request?.headers.get("host")).toBe("localhost");
    }
  });

  test("waits for the rest", () => {
    expect(read("GET / HTTP/1.1\r\nHost: x\r\n")).toBeUndefined();
    expect(read("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell")).toBeUndefined();
  });

  test("accepts HTTP/1.0, and lines that end in LF", () => {
    expect(read("GET /live HTTP/1.0\n\n")?.path).toBe("/live");
  });

  test.each([
    ["what is not HTTP", "garbage\r\n\r\n", 400],
    ["what is not HTTP, before it ends", "\x16\x03\x01\x02\x00\x01\x00", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["another host's page", "GET http://evil.example/ HTTP/1.1\r\n\r\n", 400],
    ["a blank in the path", "GET /a b HTTP/1.1\r\n\r\n", 400],
    ["a header without a name", "GET / HTTP/1.1\r\n: x\r\n\r\n", 400],
    ["a header that goes on in the next line", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400],
    ["a name with a blank behind it", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400],
    ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400],
    ["a length that is none", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
    ["chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411],
    ["a GiB", `POST / HTTP/1.1\r\nContent-Length: ${2 ** 30}\r\n\r\n`, 413],
    ["a head without end", `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(2000)}`, 431],
    ["a line without end", `GET /${"a".repeat(9000)}`, 431],
  ])("refuses %s", (_what, text, status) => {
    expect(refusal(text)).toBe(status);
  });

  test("returns a request, an HttpError or nothing for any bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom("GET ", "/", " HTTP/1.1", "\r\n", "Host: x", ":", "Content-Length: ", "7", "\0"),
          {
            maxLength: 20,
          },
        )
        .map((parts) => Buffer.from(parts.join(""))),
    );
    fc.assert(
      fc.property(bytes, (each) => {
        try {
          read(each);
        } catch (error) {
          if (!(error instanceof HttpError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
