import { describe, expect } from "bun:test";
import { RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { Visitor } from "../support/visitor.ts";
import { ownAddress } from "./own-address.ts";
import { allOf, findPeer, testWith } from "./peer.ts";
import { RealServer } from "./real-server.ts";
import { socat, SocatServer } from "./socat-server.ts";

const PORT = 10050;
const agentd = findPeer("zabbix_agentd", ["zabbix_agentd", "-V"], (text) =>
  text.startsWith("zabbix_agentd "),
);

async function startAgent(address: string, dir: TempDir): Promise<RealServer> {
  const config = await dir.write(
    "agent.conf",
    `
LogType=console
ListenIP=${address}
ListenPort=${PORT}
Server=127.0.0.1
ServerActive=
Hostname=donne
PidFile=${dir.path}/pid
AllowRoot=1
StartAgents=1
`,
  );
  return RealServer.start(["zabbix_agentd", "-f", "-c", config]);
}

/** The agent's value of an item: Debian has no zabbix_get. */
async function get(port: number, item: string): Promise<string> {
  const header = Buffer.from("ZBXD\x01\0\0\0\0\0\0\0\0", "latin1");
  header.writeUInt32LE(item.length, 5);
  const visitor = new Visitor(port);
  await visitor.send(Buffer.concat([header, Buffer.from(item)]));
  return (await visitor.visit).bytes.subarray(header.length).toString("latin1");
}

describe("Zabbix's passive checks through a proxy with --preset zabbix", () => {
  testWith(allOf(agentd, socat), "are made once, but for those that the agent does not support", async () => {
    await using dir = new TempDir();
    const address = ownAddress();
    await using _ = await startAgent(address, dir);
    await using counter = await SocatServer.before(address, PORT);
    const args = [`${counter.port}`, "--preset", "zabbix", "--ttl", "inf"];
    await using proxy = await RunningService.start("proxy", ...args);
    for (let i = 0; i < 3; i++) expect(await get(proxy.port, "agent.hostname")).toBe("donne");
    for (let i = 0; i < 3; i++) expect(await get(proxy.port, "verse")).toStartWith("ZBX_NOTSUPPORTED\0");
    expect(await counter.end()).toBe(1 + 3);
  });
});
