import { expect, test } from "bun:test";
import { recite, whole } from "../support/poem.ts";
import { ProxyStage } from "../support/proxy-stage.ts";

test("Proxy serves clients that half-close at once or send unsolicited bytes", async () => {
  await using stage = await ProxyStage.open();
  const early = await stage.visitors(10, (socket) => socket.shutdown());
  const chatty = await stage.visitors(10, (socket) => void socket.write("GET / HTTP/1.0\r\n\r\n"));
  recite(await stage.upstream.connection());
  for (const visitor of [...early, ...chatty]) expect(await visitor.visit).toEqual(whole);
  expect(stage.upstream.connections[0]?.received).toBe(""); // Nothing of it is forwarded.
});
