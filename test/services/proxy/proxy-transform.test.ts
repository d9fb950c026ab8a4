import { describe, expect, test } from "bun:test";
import { Deferred, fail, succeed } from "../../../src/deferred/mod.ts";
import { TransformError, type Transformation } from "../../../src/services/transform/transformation.ts";
import { Proxy } from "../../../src/services/proxy/proxy.ts";
import { transformed } from "../../../src/services/transform/transformed.ts";
import { TRANSFORMATIONS } from "../../support/built-in.ts";
import { ProxyStage, type StageOptions } from "../../support/proxy-stage.ts";
import type { PeerConnection } from "../../support/scripted-peer.ts";
import type { Visit } from "../../support/visitor.ts";

const nothing: Visit = { bytes: Buffer.alloc(0), end: "reset" };
const answered = (text: string): Visit => ({ bytes: Buffer.from(text), end: "fin" });

const poem = (connection: PeerConnection) => connection.send("Poem\n").fin();
const exit = new TransformError("filter", "exit", "exit code 1");

function builtIn(...names: string[]): Transformation[] {
  return TRANSFORMATIONS.filter(({ name }) => names.includes(name));
}

/** A proxy whose answers pass through these transformations. */
function openWith(
  transformations: Transformation[],
  script: (connection: PeerConnection) => void,
  options: StageOptions = {},
): Promise<ProxyStage> {
  return ProxyStage.open(script, options, (all) => {
    const { clock, observer, answers } = all;
    const transform = transformed(transformations, { clock, observer, acceptsEmpty: answers.acceptsEmpty });
    return new Proxy({ ...all, fetch: { ...all.fetch, transform } });
  });
}

/** A proxy whose answers pass through `apply`, which counts how often it is asked. */
async function open(
  apply: (call: number) => Deferred<Uint8Array>,
  script: (connection: PeerConnection) => void = poem,
  options: StageOptions = {},
) {
  const calls: string[] = [];
  const count = (given: Uint8Array) => apply(calls.push(Buffer.from(given).toString()));
  const filter = { name: "filter", description: "for a test", apply: count };
  return { stage: await openWith([filter], script, options), calls };
}

describe("Proxy with transformations", () => {
  test("caches the transformed poem: one fetch and one transformation", async () => {
    const { stage, calls } = await open(() => succeed(Buffer.from("poem\n")));
    await using _ = stage;
    for (let i = 0; i < 3; i++) expect(await stage.visit()).toEqual(answered("poem\n"));
    expect(stage.upstream.connections).toHaveLength(1);
    expect(calls).toEqual(["Poem\n"]);
    await stage.log.until("hit", 2);
    expect(stage.log.all("transformed")).toMatchObject([{ names: ["filter"], bytes: 5 }]);
  });

  test("applies several, one after another", async () => {
    await using stage = await openWith(builtIn("shout", "rot13"), poem);
    expect(await stage.visit()).toEqual(answered("CBRZ\n"));
  });

  test("shares one fetch and one transformation among all waiters", async () => {
    const slow = new Deferred<Uint8Array>();
    const { stage, calls } = await open(() => slow);
    await using _ = stage;
    const early = await stage.visitors(20);
    await stage.log.until("fetched");
    const late = await stage.visitors(20); // The poem has arrived; its transformation is running.
    slow.callback(Buffer.from("poem\n"));
    for (const { visit } of [...early, ...late]) expect(await visit).toEqual(answered("poem\n"));
    expect(stage.upstream.connections).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });

  test("resets all waiters when the transformation fails, keeps nothing, and tries again", async () => {
    const { stage, calls } = await open((call) => (call === 1 ? fail(exit) : succeed(Buffer.from("poem\n"))));
    await using _ = stage;
    const visitors = await stage.visitors(10);
    for (const { visit } of visitors) expect(await visit).toEqual(nothing);
    expect(stage.log.all("transformFailed")).toMatchObject([{ error: exit }]);
    expect(await stage.visit()).toEqual(answered("poem\n"));
    expect(await stage.visit()).toEqual(answered("poem\n"));
    expect(stage.upstream.connections).toHaveLength(2);
    expect(calls).toHaveLength(2);
  });

  test("does not transform after a failed fetch", async () => {
    const { stage, calls } = await open(
      () => succeed(Buffer.from("poem\n")),
      (connection) => connection.send("half a po").reset(),
    );
    await using _ = stage;
    expect(await stage.visit()).toEqual(nothing);
    expect(calls).toEqual([]);
  });

  test("keeps the cached poem when a later transformation fails", async () => {
    const { stage } = await open(
      (call) => (call === 1 ? succeed(Buffer.from("poem\n")) : fail(exit)),
      (connection) => (connection.onData = () => poem(connection)),
      { requests: { framing: "line", requestTimeout: 0, folds: [] } },
    );
    await using _ = stage;
    const asking = async (line: string) => {
      const [visitor] = await stage.visitors(1, (socket) => void socket.write(line));
      return visitor?.visit;
    };
    expect(await asking("one\n")).toEqual(answered("poem\n"));
    expect(await asking("two\n")).toEqual(nothing);
    expect(await asking("one\n")).toEqual(answered("poem\n"));
  });

  test("treats an empty transformed poem as a failure", async () => {
    const { stage } = await open(() => succeed(new Uint8Array(0)));
    await using _ = stage;
    expect(await stage.visit()).toEqual(nothing);
    expect(stage.log.all("transformFailed")).toMatchObject([{ error: { reason: "empty" } }]);
  });

  test("serves and keeps an empty transformed poem if empty answers are accepted", async () => {
    const { stage } = await open(() => succeed(new Uint8Array(0)), poem, { acceptsEmpty: true });
    await using _ = stage;
    for (let i = 0; i < 2; i++) expect(await stage.visit()).toEqual(answered(""));
    expect(stage.upstream.connections).toHaveLength(1);
  });

  test("counts a transformation as part of its fetch", async () => {
    const slow = new Deferred<Uint8Array>();
    const { stage } = await open(
      (call) => (call === 1 ? slow : fail(exit)),
      (connection) => (connection.onData = () => poem(connection)),
      { maxFetches: 1, requests: { framing: "line", requestTimeout: 0, folds: [] } },
    );
    await using _ = stage;
    const visitors = await stage.visitors(1, (socket) => void socket.write("one\n"));
    await stage.log.until("fetched");
    visitors.push(...(await stage.visitors(1, (socket) => void socket.write("two\n"))));
    expect(stage.log.count("fetching")).toBe(1);
    slow.errback(exit);
    for (const { visit } of visitors) expect(await visit).toEqual(nothing);
    expect(stage.log.count("fetching")).toBe(2);
  });
});
