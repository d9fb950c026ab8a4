import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { recite, whole } from "../support/poem.ts";
import { RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(60_000);

/** A proxy with metrics and control, and few file descriptors. */
async function start() {
  const dir = new TempDir();
  const socket = join(dir.path, "control.sock");
  const upstream = new ScriptedPeer(recite);
  const proxy = await RunningService.startBy(
    ["prlimit", "--nofile=300:300"],
    "proxy",
    `${upstream.port}`,
    "--metrics",
    "0",
    "--control",
    socket,
    "--log",
    "json",
  );
  const line = proxy.lines.find((each) => each.includes('"metrics-opened"')) ?? "{}";
  const { address = "" } = JSON.parse(line) as { address?: string };
  const port = Number(address.split(":").at(-1));
  return {
    proxy,
    port,
    socket,
    scrape: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await dir[Symbol.asyncDispose]();
    },
  };
}

test("a thousand idle clients of the metrics listener do not affect the clients of the proxy", async () => {
  await using stage = await start();
  const idle = Array.from({ length: 1000 }, () => new Visitor(stage.port));
  for (const each of idle) await each.connected;
  for (let i = 0; i < 50; i++) expect(await visit(stage.proxy.port)).toEqual(whole);
  const ends = await Promise.all(idle.map(({ visit: ended }) => ended)); // Almost all at once, the rest after 5 s.
  expect(new Set(ends.map(({ bytes }) => bytes.length))).toEqual(new Set([0]));
  expect(await stage.scrape()).toContain('poetry_requests_total{service="main",cache="hit"} 49\n');
});

test("garbage, half a request and the beginning of a GiB affect no other client", async () => {
  await using stage = await start();
  const said = [
    "\0\xff\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nHo",
    `POST / HTTP/1.1\r\nContent-Length: ${2 ** 30}\r\n\r\n`,
  ];
  const clients = Array.from({ length: 60 }, (_, i) => {
    return new Visitor(stage.port, (client) => void client.write(said[i % said.length] as string));
  });
  for (let i = 0; i < 20; i++) expect(await visit(stage.proxy.port)).toEqual(whole);
  await Promise.all(clients.map(({ visit: ended }) => ended));
  expect(await stage.scrape()).toContain("poetry_internal_errors_total 0\n");
  expect(stage.proxy.lines.join("\n")).not.toContain('"bug"');
});

test("a scraper that reads nothing takes the place of one client, and no memory", async () => {
  await using stage = await start();
  const request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const slow = new Visitor(stage.port, (client) => {
    client.write(request);
    client.pause();
  });
  await slow.connected;
  for (let i = 0; i < 50; i++) {
    expect(await visit(stage.proxy.port)).toEqual(whole);
    expect(await stage.scrape()).toContain("poetry_draining 0\n");
  }
  await slow.vanish();
});

test("many idle clients of the control socket make only each other wait", async () => {
  await using stage = await start();
  const idle = await Promise.all(
    Array.from({ length: 100 }, () =>
      Bun.connect({ unix: stage.socket, socket: { data() {}, error() {}, close() {} } }).catch(
        () => undefined,
      ),
    ),
  );
  for (let i = 0; i < 20; i++) expect(await visit(stage.proxy.port)).toEqual(whole);
  for (const each of idle) each?.terminate();
  stage.proxy.signal("SIGTERM");
  expect(await stage.proxy.exited).toBe(0);
});
