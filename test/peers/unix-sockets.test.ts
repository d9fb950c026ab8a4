import { join } from "node:path";
import { describe, expect } from "bun:test";
import { POETRY, run, RunningProgram, RunningService } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { untilListening, untilThere } from "../support/until.ts";
import { Visitor } from "../support/visitor.ts";
import { icinga, startIcinga } from "./icinga.ts";
import { allOf, testWith } from "./peer.ts";
import { haproxy } from "./relay.ts";
import { socat } from "./socat-server.ts";

const HAPROXY = `
global
  stats socket SOCKET mode 600 level admin
defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
backend poets
  server donne 127.0.0.1:1
`;

async function ask(port: number, request: string): Promise<string> {
  const visitor = new Visitor(port);
  await visitor.send(request);
  const { bytes, end } = await visitor.visit;
  expect(end).toBe("fin");
  return bytes.toString();
}

/** The answer to a line at a path. */
async function tell(at: string, line: string): Promise<string> {
  const command = ["socat", "-t", "30", "-", `UNIX-CONNECT:${at}`];
  return (await run(command, { stdin: `${line}\n` })).stdout.toString();
}

describe("HAProxy's admin.sock through a proxy with --preset haproxy", () => {
  testWith(allOf(haproxy, socat), "is asked once, and nobody can change anything", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "admin.sock");
    const config = await dir.write("haproxy.cfg", HAPROXY.replace("SOCKET", path));
    await using _ = new RunningProgram(["haproxy", "-db", "-f", config]);
    await untilThere(path); // It is bound to another name first.
    const direct = (line: string) => tell(path, line);
    const connections = async () => Number(/^CumConns: (\d+)$/m.exec(await direct("show info"))?.[1]);

    await using proxy = await RunningService.start(
      "proxy",
      `unix:${path}`,
      "--preset",
      "haproxy",
      "--ttl",
      "inf",
    );
    const before = await connections();
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(proxy.port, "show backend\n")));
    expect(new Set(answers)).toEqual(new Set([await direct("show backend")]));
    const changing = new Visitor(proxy.port);
    await changing.send("disable server poets/donne\n");
    expect((await changing.visit).end).toBe("reset");
    expect(await connections()).toBe(before + 1 + 1 + 1); // The proxy's, and two of ours.
  });
});

describe("HAProxy's admin.sock", () => {
  testWith(
    allOf(haproxy, socat),
    "has a read-only one beside it, which shows and changes nothing",
    async () => {
      await using dir = new TempDir();
      const [path, readOnly] = [join(dir.path, "admin.sock"), join(dir.path, "readonly.sock")];
      const config = await dir.write("haproxy.cfg", HAPROXY.replace("SOCKET", path));
      await using _ = new RunningProgram(["haproxy", "-db", "-f", config]);
      await untilThere(path);
      const args = [`unix:${path}`, "--preset", "haproxy", "--listen", `unix:${readOnly}`];
      await using proxy = new RunningProgram([POETRY, "proxy", ...args]);
      await proxy.until((line) => line.endsWith(` on unix:${readOnly}.`));
      expect(await tell(readOnly, "show backend")).toBe(await tell(path, "show backend"));
      expect(await tell(readOnly, "disable server poets/donne")).toBe("");
      await proxy.until((line) => line.startsWith("Closed a client without an answer: request not allowed"));
      expect(await tell(path, "show servers state")).toContain("donne 127.0.0.1 2 0 1 1 ");
    },
  );
});

describe("Icinga's livestatus socket through a proxy with --preset livestatus", () => {
  testWith(icinga, "answers queries and commands as it does directly", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "livestatus");
    await using _ = await startIcinga(`socket_type = "unix"; socket_path = "${path}"`, dir);
    await untilListening({ path });
    await using proxy = await RunningService.start("proxy", `unix:${path}`, "--preset", "livestatus");
    expect(await ask(proxy.port, "GET hosts\nColumns: name\n\n")).toBe("donne\n");
    expect(await ask(proxy.port, "GET hosts\nColumns: name\nFilter: name = marvell\n\n")).toBe("");

    const { bytes } = await new Visitor(proxy.port, (socket) => {
      socket.write(`COMMAND [${Math.floor(Date.now() / 1000)}] DISABLE_HOST_NOTIFICATIONS;donne\n\n`);
      socket.shutdown();
    }).visit;
    expect(bytes).toHaveLength(0);
    expect(await ask(proxy.port, "GET hosts\nColumns: notifications_enabled\n\n")).toBe("0\n");
  });
});
