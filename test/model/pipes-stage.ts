import { expect } from "bun:test";
import { nextTurn } from "../support/next-turn.ts";
import { ProxyStage } from "../support/proxy-stage.ts";
import type { PeerConnection } from "../support/scripted-peer.ts";
import { Visitor } from "../support/visitor.ts";
import type { Dialogue, Move, Side } from "./pipes-play.ts";

const REQUEST = "talk\n";
const SIDES: readonly Side[] = ["client", "upstream"];

/** A connected client and upstream, what each has sent so far, and which has ended. */
class Conversation {
  readonly said: Record<Side, string> = { client: REQUEST, upstream: "" };
  readonly ended: Record<Side, boolean> = { client: false, upstream: false };
  readonly #stage: ProxyStage;
  readonly #client: Visitor;
  readonly #upstream: PeerConnection;
  #visitEnd: string | undefined = undefined;

  constructor(stage: ProxyStage, client: Visitor, upstream: PeerConnection) {
    this.#stage = stage;
    this.#client = client;
    this.#upstream = upstream;
    client.keepOpen();
    upstream.onEnd = () => {};
    void client.visit.then(({ end }) => (this.#visitEnd = end));
  }

  async make(move: Move): Promise<void> {
    if (this.ended[move.side]) return; // It cannot send any more.
    if (move.does === "say") await this.#say(move.side, move.text);
    else await this.end(move.side);
    if (move.waits) await this.#heard();
  }

  async #say(side: Side, text: string): Promise<void> {
    this.said[side] += text;
    if (side === "upstream") await this.#upstream.sendOn(Buffer.from(text));
    else await this.#client.sendOn(Buffer.from(text));
  }

  async end(side: Side): Promise<void> {
    if (this.ended[side]) return;
    this.ended[side] = true;
    if (side === "upstream") this.#upstream.fin();
    else await this.#client.endInput();
  }

  /** Waits until everything that was sent has arrived, with every end, and checks that nothing else has. */
  async #heard(): Promise<void> {
    const { said, ended } = this;
    while (this.#upstream.received.length < said.client.length || (ended.client && !this.#upstreamEnded))
      await nextTurn();
    while (this.#client.received < said.upstream.length || (ended.upstream && !this.#visitEnd))
      await nextTurn();
    expect(this.#upstream.received === said.client).toBe(true);
    expect(this.#upstreamEnded).toBe(ended.client);
    expect(this.#client.received).toBe(said.upstream.length);
    expect(this.#visitEnd).toBe(ended.upstream ? "fin" : undefined);
  }

  /** Bun reports a second end only as the close of the connection. */
  get #upstreamEnded(): boolean {
    return this.#upstream.inputEnded || this.#stage.upstream.open === 0;
  }

  /** Both sides close cleanly: each has everything that the other one sent. */
  async finish(): Promise<void> {
    for (const side of SIDES) await this.end(side);
    await this.#heard();
    expect((await this.#client.visit).bytes.toString() === this.said.upstream).toBe(true);
  }

  /** One side resets: the proxy resets the other one, which has received nothing that was not sent. */
  async reset(side: Side): Promise<void> {
    await this.#heard();
    if (side === "upstream") this.#upstream.reset();
    else await this.#client.vanish();
    await this.#stage.upstream.until(() => this.#stage.upstream.open === 0);
    if (side === "client") return expect(this.#upstream.inputEnded).toBe(this.ended.client);
    expect(await this.#client.visit).toEqual({
      bytes: Buffer.from(this.said.upstream),
      end: this.ended.upstream ? "fin" : "reset",
    });
  }
}

/** Plays a dialogue between a client and an upstream through a proxy, which must not be noticeable. */
export async function enactDialogue({ moves, resets }: Dialogue): Promise<void> {
  await using stage = await ProxyStage.open(undefined, {
    requests: { framing: "line", requestTimeout: 10_000, folds: ["trim"], cacheable: /^show / },
  });
  const client = new Visitor(stage.port);
  await client.send(REQUEST);
  const conversation = new Conversation(stage, client, await stage.upstream.connection());
  for (const move of moves) await conversation.make(move);
  const isOver = SIDES.every((side) => conversation.ended[side]);
  await (resets && !isOver ? conversation.reset(resets) : conversation.finish());
  while (stage.proxy.pipes > 0) await nextTurn();
}
