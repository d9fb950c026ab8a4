import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { listen, type Listener } from "../../../src/net/listen.ts";
import type { Preface } from "../../../src/net/tls/preface.ts";
import { ServerTls } from "../../../src/net/tls/server-tls.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { LateTls } from "../../support/late-tls.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { certificates } from "../../support/own-certificates.ts";
import { portOf } from "../../support/port-of.ts";
import { answered, nothing } from "../../support/poem.ts";
import { Visitor } from "../../support/visitor.ts";

const pki = certificates();
const server = new ServerTls({ pairs: [pki.issue("localhost")] });

let clock: ManualClock;
let told: string[];
let prefaces: string[];
let bugs: unknown[];
let listener: Listener;

/** Every client must first send a line without an x. */
beforeEach(() => {
  clock = new ManualClock();
  told = [];
  prefaces = [];
  bugs = [];
  listener = listen(
    {
      address: { host: "127.0.0.1", port: 0 },
      tls: { server, handshakeTimeout: 0 },
      clock,
      preface: (client): Preface => {
        let text = "";
        return {
          read(bytes) {
            const before = text.length;
            text += Buffer.from(bytes).toString("latin1");
            if (text.startsWith("bug")) throw new Error("a bug");
            if (text.startsWith("x")) client.abort("client/header/malformed");
            const end = text.indexOf("\n");
            if (end === -1) return undefined;
            prefaces.push(text.slice(0, end));
            return end + 1 - before;
          },
          inputEnded: () => client.abort("client/header/incomplete"),
          draining: () => client.abort("proxy/request/draining"),
          connectionLost: () => told.push("lost"),
        };
      },
      gone: ({ ending }) => told.push(`gone ${ending}`),
      protocolFailed: (error) => bugs.push(error),
    },
    (transport) => {
      transport.write(Buffer.from("a poem"));
      transport.close();
      return {};
    },
  );
});

afterEach(async () => {
  listener.abort();
  await listener.drain();
  expect(listener.connections).toBe(0);
  expect(clock.pending).toBe(0);
});

/** Resolves when the condition is met; advances the clock until then. */
async function until(isMet: () => boolean): Promise<void> {
  while (!isMet()) {
    clock.advance(1);
    await nextTurn();
  }
}

const port = () => portOf(listener.address);

/** A client that sends this, and nothing else. */
const saying = (text: string) => new Visitor(port(), (socket) => socket.write(text));

describe("Listener with TLS and a preface", () => {
  test("reads what comes before the handshake, and no byte of that, even if both are in one segment", async () => {
    const header = Buffer.from("hello, it is me\n");
    for (let i = 0; i < 20; i++) {
      const client = new Visitor(port(), undefined, { ca: pki.authority.certificate, pins: [], header });
      expect(await client.visit).toEqual(answered("a poem"));
    }
    expect(prefaces).toEqual(Array.from({ length: 20 }, () => "hello, it is me"));
  });

  test("waits for one that arrives in pieces, and then for the handshake", async () => {
    const client = new LateTls(port(), pki.authority.certificate.text);
    await client.connected;
    for (const piece of ["he", "l", "lo", "\n"]) {
      client.say(piece);
      const before = clock.now();
      await until(() => clock.now() > before + 60);
    }
    await until(() => prefaces.length > 0);
    client.begin();
    expect(await client.text).toBe("a poem");
    expect(prefaces).toEqual(["hello"]);
  });

  test("resets clients that send something else, half-close, break off, or do not speak TLS then", async () => {
    expect(await saying("x").visit).toEqual(nothing);
    const short = new Visitor(port(), (socket) => {
      socket.write("hel");
      socket.shutdown();
    });
    await until(() => told.includes("gone client/header/incomplete"));
    expect(await short.visit).toEqual(nothing);
    await saying("hel").vanish();
    await until(() => told.includes("gone client/request/left"));
    expect((await saying("hello\nshow info\n").visit).end).toBe("reset");
    await until(() => told.includes("gone client/tls/failed"));
    expect(told.filter((each) => each === "lost")).toHaveLength(4);
    expect(bugs).toEqual([]);
  });

  test("resets clients that have not sent it when the service stops, and one that meets a bug", async () => {
    expect(await saying("bug").visit).toEqual(nothing);
    expect(bugs).toEqual([new Error("a bug")]);
    const half = saying("hel");
    await until(() => listener.connections === 1);
    const drained = listener.drain();
    expect(await half.visit).toEqual(nothing);
    await drained;
    expect(told).toContain("gone proxy/request/draining");
  });
});
