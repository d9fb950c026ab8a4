import { describe, expect, test } from "bun:test";
import { getSeveral, streamOne, type GetOptions } from "../../../src/cli/get/get-poems.ts";
import type { Output } from "../../../src/cli/get/output.ts";
import { succeed } from "../../../src/deferred/mod.ts";
import type { GetEvents } from "../../../src/observe/events.ts";
import type { Observer } from "../../../src/services/observer.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { ScriptedPeer, type PeerConnection } from "../../support/scripted-peer.ts";

const NOWHERE: Output = { take: () => {}, finish: () => succeed<void>(undefined) };
const ADVICE = "; if the server waits for a request, use --request TEXT";

function setUp(options: Partial<GetOptions> = {}) {
  const clock = new ManualClock();
  const said: string[] = [];
  const observer: Observer<GetEvents> = {
    getFailed: (error) => said.push((error as Error).message),
    notTransformed: () => {},
  };
  const get = { clock, observer, timeout: 600_000, maxAnswer: 100, protocolFailed: () => {}, ...options };
  return { clock, said, get };
}

/** The error about a server that does this after that long a silence. */
async function complaint(
  ms: number,
  end: (connection: PeerConnection) => unknown,
  options: Partial<GetOptions> = {},
  several = false,
): Promise<string> {
  await using peer = new ScriptedPeer();
  const { clock, said, get } = setUp(options);
  const code = several ? getSeveral([peer.address], NOWHERE, get) : streamOne(peer.address, NOWHERE, get);
  const connection = await peer.connection();
  clock.advance(ms);
  end(connection);
  expect(await code).toBe(1);
  return said.join().replace(`127.0.0.1:${peer.port}`, "it");
}

describe.each([
  ["streamOne()", false],
  ["getSeveral()", true],
])("%s", (_what, several) => {
  test.each([
    ["resets", (connection: PeerConnection) => connection.reset(), "connection reset"],
    ["hangs up", (connection: PeerConnection) => connection.fin(), "the answer was empty (0 bytes)"],
  ])("says what to try when a server that was not asked %s after a silence", async (_end, end, detail) => {
    const said = await complaint(10_000, end, {}, several);
    expect(said).toStartWith(`Cannot fetch from it: ${detail}`);
    expect(said).toEndWith(ADVICE);
  });

  test("reports a timeout, too", async () => {
    expect(await complaint(600_000, () => {}, {}, several)).toBe(
      `Cannot fetch from it: not finished within 10m, after 0 bytes${ADVICE}`,
    );
  });

  test.each([
    ["it was asked", 10_000, { request: Buffer.from("\r\n") }],
    ["it does so at once", 999, {}],
  ])("does not say so when %s", async (_why, ms, options) => {
    const said = await complaint(ms, (connection) => connection.reset(), options, several);
    expect(said).toMatch(/^Cannot fetch from it: connection reset( \(ECONNRESET\))? after \d+ (bytes|ms)$/);
  });
});
