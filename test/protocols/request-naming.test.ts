import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FOLD_NAMES, type Fold } from "../../src/protocols/fold.ts";
import type { Frame } from "../../src/protocols/frame.ts";
import { loadPatterns, parseCut } from "../../src/protocols/pattern.ts";
import { nameRequest, requestReader, type NamingRules } from "../../src/protocols/request.ts";

await loadPatterns();

const bytes = (text: string) => Buffer.from(text, "latin1");
const frame = (text: string, isTerminated = true): Frame => ({ bytes: bytes(text), isTerminated });
const rules = (more: Partial<NamingRules> = {}): NamingRules => ({ framing: "line", folds: [], ...more });
const sent = (request: Frame, more?: Partial<NamingRules>) =>
  Buffer.from(nameRequest(request, rules(more)).bytesToSend).toString("latin1");

const keyOfFour = (each: Uint8Array) =>
  nameRequest({ bytes: each, isTerminated: true }, rules({ framing: { bytes: 4 } })).key;

describe("nameRequest()", () => {
  test.each<[asked: string, folds: Fold[], text: string]>([
    ["Example.ORG\r\n", [], "Example.ORG"],
    ["Example.ORG\n", [], "Example.ORG"],
    [" Example.ORG \r\n", ["trim"], "Example.ORG"],
    ["a  \t b\r\n", ["squeeze"], "a b"],
    ["Example.ORG\xc9\n", ["lower"], "example.org\xc9"],
    ["  Example \t ORG \r\n", ["lower", "trim", "squeeze"], "example org"],
    ["Example.ORG\n", ["word"], "example.org"],
    ["-L 10.0.0.0/8\n", ["word"], "-L 10.0.0.0/8"],
    ["-K\n", ["word"], "-K"],
    ["!JRIPE\n", ["word"], "!JRIPE"],
    [" AS-Foo\n", ["word", "trim"], "as-foo"],
    ["\xc3\x84pfel.DE\n", ["word"], "\xc3\x84pfel.de"],
  ])("of the line %j folded by %j is %j", (asked, folds, text) => {
    expect(nameRequest(frame(asked), rules({ folds })).text).toBe(text);
  });

  test.each([
    ["line", "root\r\n", "root\n", true],
    ["line", "root\r\n", "root", false],
    ["line", "root\r\r\n", "root\n", false],
    ["blank", "GET hosts\r\nColumns: name\r\n\r\n", "GET hosts\nColumns: name\n\n", true],
    ["blank", "GET hosts\n\r\n", "GET hosts\n\n", true],
    ["blank", "\r\n\r\n", "\n\n", true],
    ["eof", "a\r\nb", "a\nb", false],
    [{ bytes: 6 }, "root\r\n", "root \n", false],
  ] as const)("%j: whether %j and %j have one key", (framing, one, other, isSame) => {
    const [a, b] = [one, other].map(
      (text) => nameRequest(frame(text, framing !== "eof" && text !== "root"), rules({ framing })).key,
    );
    expect(a === b).toBe(isSame);
  });

  test.each([
    ["line", "Root \n", ["lower", "trim"], "\r\n", "root\r\n"],
    ["line", "Root \r\n", ["lower", "trim"], "\n", "root\n"],
    ["line", "\n", [], "\r\n", "\r\n"],
    ["line", "a\rb\n", [], "\r\n", "a\rb\r\n"],
    ["blank", "GET hosts\nColumns: name\n\n", [], "\r\n", "GET hosts\r\nColumns: name\r\n\r\n"],
    ["blank", "GET hosts\r\nColumns: name\n\r\n", [], "\n", "GET hosts\nColumns: name\n\n"],
    ["blank", "\r\n\r\n", [], "\n", "\n\n"],
    ["netstring", "5:a\r\nbc,", [], "\n", "5:a\r\nbc,"],
    [{ bytes: 4 }, "a\r\nb", [], "\n", "a\r\nb"],
  ] as const)(
    "%j: sends for %j folded by %j what the key says, with %j at the ends",
    (framing, asked, folds, eol, says) => {
      expect(sent(frame(asked), { framing, folds, eol })).toBe(says);
    },
  );

  test.each([
    ["line", "Root ", ["lower", "trim"], "\r\n", "root"],
    ["blank", "GET hosts\nColumns: name\n", [], "\r\n", "GET hosts\r\nColumns: name\r\n"],
    ["eof", "query\r\nwww", [], "\n", "query\r\nwww"],
    ["eof", "query\r\nwww", ["crlf"], "\n", "query\nwww"],
    ["eof", "query\nwww", ["crlf"], "\r\n", "query\r\nwww"],
  ] as const)("%j: adds no end to the unterminated %j", (framing, asked, folds, eol, says) => {
    expect(sent(frame(asked, false), { framing, folds, eol })).toBe(says);
  });

  test("sends a client's own array if nothing is changed", () => {
    const request = frame("root\r\n");
    expect(nameRequest(request, rules()).bytesToSend).toBe(request.bytes);
  });

  test("sends a request that its framing reads as the same one request, whatever it is", () => {
    const text = fc.array(fc.constantFrom(...Array.from("aB \t\r\n\xe9"))).map((each) => each.join(""));
    const folds = fc.subarray(FOLD_NAMES);
    const eol = fc.constantFrom("\n" as const, "\r\n" as const);
    const keyDrop = fc.constantFrom(undefined, ...["a", "B\\s", "\\n", "^a*"].map(parseCut));
    fc.assert(
      fc.property(
        text,
        fc.constantFrom("line", "blank"),
        folds,
        eol,
        keyDrop,
        (lines, framing, ...naming) => {
          const [fold, end, drop] = naming;
          const request = requestReader(framing).take(bytes(`${lines}\n\n`)) as Frame;
          const given = rules({ framing, folds: fold, eol: end, keyDrop: drop });
          const { bytesToSend, key } = nameRequest(request, given);
          const heard = requestReader(framing).take(bytesToSend);
          expect(heard?.bytes.length).toBe(bytesToSend.length);
          if (drop || key.includes("\r")) return; // A CR before the end of a line belongs to that end.
          expect(nameRequest(heard as Frame, given).key).toBe(key);
        },
      ),
    );
  });

  test("keeps what was asked before anything was dropped", () => {
    const keyDrop = parseCut("^-V [^ ,]+ ");
    const request = frame("-V Md5.2  Example.ORG\r\n");
    const folds = ["trim", "squeeze", "word"] as const;
    expect(nameRequest(request, rules({ folds, keyDrop }))).toMatchObject({
      asked: "-V Md5.2 Example.ORG",
      text: "example.org",
      key: "example.org",
    });
    expect(sent(request, { folds, keyDrop })).toBe("example.org\r\n");
  });

  test("leaves no empty line behind when a line is dropped, because it would end the request", () => {
    const keyDrop = parseCut("Localtime: \\d+");
    const given = { framing: "blank", eol: "\n", keyDrop } as const;
    expect(sent(frame("GET hosts\nLocaltime: 17\nColumns: name\n\n"), given)).toBe(
      "GET hosts\nColumns: name\n\n",
    );
    expect(sent(frame("Localtime: 17\nGET hosts\n\n"), given)).toBe("GET hosts\n\n");
    expect(sent(frame("GET hosts\nLocaltime: 17\n\n"), given)).toBe("GET hosts\n\n");
  });

  test("leaves a request unchanged if other line ends would end it early", () => {
    for (const odd of ["GET hosts\n\r\r\nColumns: name\n\n", "\n\r\r\n\n"]) {
      const request = requestReader("blank").take(bytes(odd)) as Frame;
      const name = nameRequest(request, rules({ framing: "blank", eol: "\n" }));
      expect(Buffer.from(name.bytesToSend)).toEqual(Buffer.from(request.bytes));
    }
  });

  test("gives an unterminated request a key of its own", () => {
    const [whole, broken] = [
      nameRequest(frame("root\n"), rules({ folds: ["trim"] })),
      nameRequest(frame("root", false), rules({ folds: ["trim"] })),
    ];
    expect(whole.text).toBe(broken.text);
    expect(whole.key).not.toBe(broken.key);
  });

  test("gives different bytes different keys if their framing has no lines", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(keyOfFour(a) === keyOfFour(b)).toBe(Buffer.from(a).equals(b));
      }),
    );
  });

  test("trims a megabyte of blanks in linear time", () => {
    const blanks = `${" ".repeat(1e6)}x${" ".repeat(1e6)}`;
    expect(nameRequest(frame(blanks, false), rules({ framing: "eof", folds: ["trim"] })).text).toBe("x");
  });
});
