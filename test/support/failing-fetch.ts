import { expect } from "bun:test";
import type { FetchFailure } from "../../src/services/fetch/errors.ts";
import { recite, whole } from "./poem.ts";
import { ProxyStage, type StageOptions } from "./proxy-stage.ts";
import type { PeerConnection } from "./scripted-peer.ts";

/** Why a fetch failed, and after how many bytes. */
export interface Verdict {
  readonly reason: FetchFailure;
  readonly received: number;
}

/**
 * Makes the one fetch that twenty clients wait for fail with `fault`, and expects what holds for every failure: they
 * are reset (over Unix sockets: ended) without a byte, nothing is kept, nothing leaks, and the next client is answered
 * by a fetch of its own.
 */
export async function expectFailure(
  verdict: Verdict,
  fault: (upstream: PeerConnection, stage: ProxyStage) => Promise<void> | void,
  options: StageOptions = {},
): Promise<void> {
  await using stage = await ProxyStage.open(undefined, options);
  const visitors = await stage.visitors(20);
  await stage.log.until("connected");
  await fault(await stage.upstream.connection(), stage);
  for (const visitor of visitors) expect(await visitor.visit).toEqual(stage.nothing);
  expect(stage.failures).toEqual([verdict]);
  expect(stage.upstream.connections).toHaveLength(1);
  expect(stage.gauges).toMatchObject({ entries: 0, bytes: 0, flights: 0, waiters: 0 });

  const [next] = await stage.visitors(1);
  recite(await stage.upstream.connection(1));
  expect(await next?.visit).toEqual(whole);
}
