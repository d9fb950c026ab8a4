import { describe, expect } from "bun:test";
import { RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor, type Visit } from "../support/visitor.ts";
import { ownAddress } from "./own-address.ts";
import { startIcinga, icinga } from "./icinga.ts";
import { allOf, testWith } from "./peer.ts";
import { socat, SocatServer } from "./socat-server.ts";

const PORT = 6558;

/** Where it listens, in Icinga's syntax. */
const tcp = (address: string) => `socket_type = "tcp"; bind_host = "${address}"; bind_port = "${PORT}"`;

async function ask(port: number, request: string): Promise<Visit> {
  const visitor = new Visitor(port);
  await visitor.send(request);
  return visitor.visit;
}

describe("Livestatus through a proxy with --preset livestatus", () => {
  testWith(
    allOf(icinga, socat),
    "is asked once, however lines end, and an answer of nothing is one",
    async () => {
      await using dir = new TempDir();
      const address = ownAddress();
      await using _ = await startIcinga(tcp(address), dir);
      await using counter = await SocatServer.before(address, PORT);
      const args = [`${counter.port}`, "--preset", "livestatus", "--ttl", "inf"];
      await using proxy = await RunningService.start("proxy", ...args);

      const names = ["GET hosts\nColumns: name\n\n", "GET hosts\r\nColumns: name\r\n\r\n"];
      for (const request of names) {
        expect(await ask(proxy.port, request)).toEqual({ bytes: Buffer.from("donne\n"), end: "fin" });
      }

      const noMatch = "GET hosts\nColumns: name\nFilter: name = marvell\n\n";
      for (let i = 0; i < 3; i++) {
        expect(await ask(proxy.port, noMatch)).toEqual({ bytes: Buffer.alloc(0), end: "fin" });
      }

      const wrong = "GET poets\nResponseHeader: fixed16\n\n";
      for (let i = 0; i < 2; i++) expect((await ask(proxy.port, wrong)).bytes.toString()).toStartWith("404 ");
      expect(await counter.end()).toBe(1 + 1 + 2);
    },
  );

  testWith(allOf(icinga, socat), "keeps the connection open on request, and executes commands", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startIcinga(tcp(address), dir);
    await using counter = await SocatServer.before(address, PORT);
    await using proxy = await RunningService.start("proxy", `${counter.port}`, "--preset", "livestatus");
    const kept = "GET hosts\nColumns: name\nKeepAlive: on\n\n";
    const visitor = new Visitor(proxy.port);
    await visitor.send(kept);
    await visitor.until("donne\n");
    await visitor.send(kept);
    await visitor.until("donne\ndonne\n");
    await visitor.vanish();

    const disable = `COMMAND [${Math.floor(Date.now() / 1000)}] DISABLE_HOST_NOTIFICATIONS;donne\n\n`;
    const { bytes } = await new Visitor(proxy.port, (socket) => {
      socket.write(disable);
      socket.shutdown();
    }).visit;
    expect(bytes).toHaveLength(0);
    const enabled = "GET hosts\nColumns: notifications_enabled\n\n";
    expect((await ask(proxy.port, enabled)).bytes.toString()).toBe("0\n");
  });
});
