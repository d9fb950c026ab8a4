import { expect, test } from "bun:test";
import { letTimeOut } from "../support/let-time-out.ts";
import { POEM } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

const MIB = 2 ** 20;
const LONG = Buffer.alloc(12 * MIB, POEM);

test("Proxy makes no client wait for one that does not read", async () => {
  await using stage = await ProxyStage.open();
  const [stuck] = await stage.visitors(1, (socket) => socket.pause());
  const others = await stage.visitors(5);
  await (await stage.upstream.connection()).sendAll(LONG);
  for (const visitor of others) expect((await visitor.visit).bytes.equals(LONG)).toBe(true);
  stuck?.resume();
  expect((await stuck?.visit)?.bytes.equals(LONG)).toBe(true);
});

test("Proxy resets clients that read nothing for the send timeout, and holds no copy for any of them", async () => {
  await using stage = await ProxyStage.open(undefined, { sendBuffer: 65_536 });
  const filling = stage.visit();
  await (await stage.upstream.connection()).sendAll(LONG);
  await filling;
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  const stuck = await stage.visitors(100, (socket) => socket.pause());
  expect(process.memoryUsage.rss() - before).toBeLessThan(4 * LONG.length);
  stage.clock.advance(59_999);
  expect(stage.gauges.clients).toBe(100);
  await letTimeOut(stage.clock, () => stage.gauges.clients === 0);
  expect(stage.log.count("client/data/timeout")).toBe(100);
  for (const visitor of stuck) {
    visitor.resume();
    const { bytes, end } = await visitor.visit;
    expect(end).toBe("reset");
    expect(bytes.length).toBeLessThan(LONG.length);
  }
});
