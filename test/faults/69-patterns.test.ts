import { beforeAll, expect, test } from "bun:test";
import type { Socket } from "bun";
import { loadPatterns, Pattern } from "../../src/protocols/pattern.ts";
import { answered } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import { Visitor } from "../support/visitor.ts";

beforeAll(loadPatterns);

const MIB = 2 ** 20;

test("Proxy drops what a pattern matches in a request of 64 KiB of blanks; RegExp takes seconds, and minutes for a MiB", async () => {
  const requests = { framing: "eof", requestTimeout: 0, folds: [], keyDrop: new Pattern(" +$") } as const;
  await using stage = await ProxyStage.open(
    (connection) => void (connection.onEnd = () => connection.send(`${connection.received.length}`).fin()),
    { requests },
  );
  const ask = (request: string) => {
    const greet = (socket: Socket) => {
      socket.write(request);
      socket.shutdown();
    };
    return new Visitor(stage.port, greet).visit;
  };
  expect(await ask(`${" ".repeat(64 * 1024)}x`)).toEqual(answered(`${64 * 1024 + 1}`));
  expect(await ask(`x${" ".repeat(64 * 1024)}`)).toEqual(answered("1"));
});

test("Proxy judges an answer of 64 MiB by its start and its end", async () => {
  const answer = Buffer.alloc(64 * MIB, "line of an answer\n");
  answer.write("END", answer.length - 3);
  await using stage = await ProxyStage.open((connection) => void connection.sendAll(answer), {
    complete: new Pattern("^line(.|\\n)*END$"),
    noStore: new Pattern(".*error"),
  });
  const { bytes, end } = await stage.visit();
  expect({ same: bytes.equals(answer), end, ...stage.gauges }).toMatchObject({
    same: true,
    end: "fin",
    entries: 1,
  });
});

test.each(["(?!x)y", "(x)\\1", "(?<=x)y"])(
  "Pattern %s, which could not be run in linear time, is refused",
  (source) => {
    expect(() => new Pattern(source)).toThrow(SyntaxError);
  },
);
