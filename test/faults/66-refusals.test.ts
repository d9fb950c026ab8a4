import { expect, test } from "bun:test";
import { answered, nothing, recite, whole } from "../support/poem.ts";
import { optionsOf } from "../support/preset.ts";
import { ProxyStage, type StageOptions } from "../support/proxy-stage.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";
import type { Visit } from "../support/visitor.ts";

const REFUSAL = "WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS\r\n";
const HOUR = 3_600_000;

const refuse = (connection: PeerConnection) => connection.send(REFUSAL).fin();

/** A proxy with the whois preset. */
function whois(
  script: (connection: PeerConnection) => void,
  options: StageOptions = {},
): Promise<ProxyStage> {
  return ProxyStage.open(script, { ...optionsOf("whois"), retries: 1, random: () => 0.5, ...options });
}

/** Asks for these names, one after the other. */
async function ask(stage: ProxyStage, names: readonly string[]): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (const name of names) visits.push(await (await stage.asker(`${name}\r\n`)).visit);
  return visits;
}

const same = (count: number) => Array.from({ length: count }, () => "poetry.example");
const different = (count: number) => Array.from({ length: count }, (_, i) => `poetry${i}.example`);

test.each([{ staleIfError: 24 * HOUR }, { grace: 24 * HOUR, staleIfError: 24 * HOUR }])(
  "Proxy whose upstream begins to refuse sends 200 clients the stale answer, and asks once (%j)",
  async (stale) => {
    await using stage = await whois(recite, stale);
    expect(await ask(stage, same(1))).toEqual([whole]);
    stage.clock.advance(HOUR);
    stage.upstream.script = refuse;
    expect(await ask(stage, same(200))).toEqual(Array(200).fill(whole));
    await stage.log.until("fetchFailed");
    expect(stage.upstream.connections).toHaveLength(2);
    expect(stage.gauges.entries).toBe(1);
  },
);

test("Proxy without stale answers sends the refusal to 50 clients with 50 requests, and asks once", async () => {
  await using stage = await whois(refuse);
  expect(await ask(stage, different(50))).toEqual(Array(50).fill(answered(REFUSAL)));
  expect(stage.upstream.connections).toHaveLength(1);
  expect(stage.visits.map(({ status }) => status)).toEqual(["miss", ...Array<string>(49).fill("hit")]);
  expect(stage.gauges.entries).toBe(0);
  expect(stage.failures).toEqual([{ reason: "refusal", received: REFUSAL.length }]);
});

test("Proxy sends the refusal to all waiters of a fetch", async () => {
  await using stage = await whois(() => {});
  const askers = await Promise.all(same(20).map((name) => stage.asker(`${name}\r\n`)));
  await stage.log.until("miss");
  await stage.log.until("coalesced", 19);
  refuse(await stage.upstream.connection());
  for (const asker of askers) expect(await asker.visit).toEqual(answered(REFUSAL));
});

test("Proxy asks again at the end of the hold, with one fetch, and doubles the hold if that is refused", async () => {
  await using stage = await whois(refuse);
  await ask(stage, different(3));
  stage.clock.advance(1000);
  await ask(stage, different(3));
  expect(stage.upstream.connections).toHaveLength(2);
  stage.clock.advance(1999);
  await ask(stage, different(3));
  expect(stage.upstream.connections).toHaveLength(2);
  stage.clock.advance(1);
  stage.upstream.script = () => {};
  const probe = await stage.asker("probe.example\r\n");
  const upstream = await stage.upstream.connection(2);
  expect(await ask(stage, different(3))).toEqual(Array(3).fill(answered(REFUSAL)));
  recite(upstream);
  expect(await probe.visit).toEqual(whole);
  stage.upstream.script = recite;
  expect(await ask(stage, different(3))).toEqual(Array(3).fill(whole));
  expect(stage.upstream.connections).toHaveLength(6);
});

test("Proxy with a single address does not retry one that has refused, whatever --retries says", async () => {
  await using stage = await whois(refuse, { retries: 5 });
  expect(await ask(stage, same(1))).toEqual([answered(REFUSAL)]);
  expect(stage.log.count("retrying")).toBe(0);
});

test("Proxy does not repeat a refusal that contains the request, which may be the answer to it", async () => {
  const said = 'No match for "LIMIT.EXAMPLE".\r\nWHOIS LIMIT EXCEEDED\r\n';
  await using stage = await whois((connection) => connection.send(said).fin());
  expect(await ask(stage, ["limit.example", "limit.example", "other.example"])).toEqual([
    answered(said),
    answered(said),
    nothing,
  ]);
  expect(stage.visits[2]?.ending).toBe("upstream/data/refusal");
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy keeps an answer longer than 4 KiB, even if it matches --refusal", async () => {
  const said = `${REFUSAL}${"% Terms and conditions.\r\n".repeat(200)}`;
  await using stage = await whois((connection) => connection.send(said).fin());
  expect(await ask(stage, same(2))).toEqual(Array(2).fill(answered(said)));
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy sends the refusal instead of opening pipes, too", async () => {
  await using stage = await whois(refuse);
  await ask(stage, same(1));
  expect(await ask(stage, ["-k poetry.example"])).toEqual([answered(REFUSAL)]);
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy that streams sends its readers the whole refusal, and others the same", async () => {
  await using stage = await whois(() => {}, { stream: true });
  const first = await stage.asker("poetry.example\r\n");
  const upstream = await stage.upstream.connection();
  await stage.hears(upstream, REFUSAL.slice(0, 20));
  upstream.send(REFUSAL.slice(20)).fin();
  expect(await first.visit).toEqual(answered(REFUSAL));
  expect(await ask(stage, different(3))).toEqual(Array(3).fill(answered(REFUSAL)));
  expect(stage.upstream.connections).toHaveLength(1);
});

test("Proxy gives a queued fetch the refusal that came meanwhile", async () => {
  for (const stream of [false, true]) {
    await using stage = await whois(() => {}, { maxFetches: 1, stream });
    const first = await stage.asker("first.example\r\n");
    const upstream = await stage.upstream.connection();
    const second = await stage.asker("second.example\r\n");
    await stage.log.until("miss", 2);
    refuse(upstream);
    for (const asker of [first, second]) expect(await asker.visit).toEqual(answered(REFUSAL));
    expect(stage.upstream.connections).toHaveLength(1);
  }
});
