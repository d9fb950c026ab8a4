import type { Status } from "../../observe/numbers/status.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { asking } from "../ctl/order.ts";
import { complete, type Vocabulary } from "./complete.ts";
import type { Completion, LiveNames } from "./values.ts";

/** How long a running process may take to tell its names, in milliseconds: somebody waits at a keyboard. */
const PATIENCE_MS = 300;

/** What stands in the first line, before a tab and the beginning of the word, where names of files are wanted. */
export const FILES = ":files";

/**
 * What the script of a shell asks for: a line for each word that the last one may become, with a tab and its meaning.
 * Never fails: who presses a key wants no complaints.
 */
export async function answer(vocabulary: Vocabulary, words: readonly string[]): Promise<string> {
  const completion = complete(vocabulary, words);
  const { candidates, files, names } = completion;
  const live = names ? await namesFrom(names) : [];
  const lines = [...candidates, ...live].map(({ word, help }) => (help ? `${word}\t${help}` : word));
  return [...(files === undefined ? [] : [`${FILES}\t${files}`]), ...lines]
    .map((line) => `${line}\n`)
    .join("");
}

/** Names that a running process tells; none if it does not in time, or there is none. */
async function namesFrom({ of, prefix, start, socket }: LiveNames): Promise<Completion["candidates"]> {
  const status = asking(socket, "/status", {})
    .addTimeout(PATIENCE_MS, clock)
    .addCallbacks(
      ({ status: code, body }) => (code === 200 ? (JSON.parse(body) as Status) : undefined),
      () => undefined,
    );
  const services = (await status)?.services ?? [];
  const names =
    of === "services"
      ? services.map(({ name }) => name)
      : services.flatMap(({ upstreams }) => upstreams.map(({ name }) => name));
  return [...new Set(names)]
    .filter((name) => name.startsWith(start))
    .map((name) => ({ word: prefix + name }));
}
