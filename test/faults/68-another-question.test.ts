import { expect, test } from "bun:test";
import { answered } from "../support/poem.ts";
import { optionsOf } from "../support/preset.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";

/** RIPE's database: an unregistered client may not ask on behalf of another address. */
function registry(connection: PeerConnection): void {
  connection.onData = () => {
    const [, line] = /^(.*)\r\n$/s.exec(connection.received) ?? [];
    if (line === undefined) return;
    const refused = /^-V [^ ]*,/.test(line);
    connection.send(refused ? "%ERROR:203: you are not allowed to act as a proxy\n" : `<${line}>`).fin();
  };
}

/** A server that accepts only lines that end in CR LF. */
function strict(connection: PeerConnection): void {
  connection.onData = () => {
    const { received } = connection;
    if (received.endsWith("\r\n")) connection.send(`<${received.trimEnd()}>`).fin();
    else if (received.endsWith("\n")) connection.send("3Bad request\t\terror.host\t1\r\n").fin();
  };
}

const open = (preset: string, script: (connection: PeerConnection) => void) => {
  const { requests, ...answers } = optionsOf(preset);
  return ProxyStage.open(script, { ...answers, requests });
};

async function ask(stage: ProxyStage, request: string) {
  return (await stage.asker(request)).visit;
}

test("Proxy serves the answer to a request with flags only for the same request (whois -V)", async () => {
  await using stage = await open("whois", registry);
  const refused = answered("%ERROR:203: you are not allowed to act as a proxy\n");
  expect(await ask(stage, "-V x,10.0.0.1 193.0.0.1\r\n")).toEqual(refused);
  expect(await ask(stage, "193.0.0.1\r\n")).toEqual(answered("<193.0.0.1>"));
  expect(await ask(stage, "-V Md5.5 193.0.0.1\r\n")).toEqual(answered("<193.0.0.1>"));
  expect(await ask(stage, "-V y,10.0.0.1 193.0.0.1\r\n")).toEqual(refused);
  const asked = ["-V x,10.0.0.1 193.0.0.1\r\n", "193.0.0.1\r\n", "-V y,10.0.0.1 193.0.0.1\r\n"];
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(asked);
});

test("Proxy sends the folded request, whichever client comes first (whois names in any case)", async () => {
  await using stage = await open("whois", registry);
  for (const line of ["  Example.ORG \n", "example.org\r\n", "-V Md5.5   EXAMPLE.org\r\n"])
    expect(await ask(stage, line)).toEqual(answered("<example.org>"));
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual(["example.org\r\n"]);
});

test("Proxy ends a line as its server requires, not as the first client does (gopher)", async () => {
  await using stage = await open("gopher", strict);
  for (const line of ["/poems\n", "/poems\r\n"]) expect(await ask(stage, line)).toEqual(answered("</poems>"));
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy ends the lines of a longer request as its server requires (livestatus)", async () => {
  await using stage = await open("livestatus", (connection) => {
    connection.onData = () => void (connection.received.endsWith("\n\n") && connection.send("donne\n").fin());
  });
  for (const eol of ["\r\n", "\n"])
    expect(await ask(stage, `GET hosts${eol}Columns: name${eol}${eol}`)).toEqual(answered("donne\n"));
  expect(stage.upstream.connections.map(({ received }) => received)).toEqual([
    "GET hosts\nColumns: name\n\n",
  ]);
});
