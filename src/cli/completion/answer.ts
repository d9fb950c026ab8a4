import type { Status } from "../../observe/numbers/status.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { request } from "../ctl/send.ts";
import { complete, type Vocabulary } from "./complete.ts";
import type { Completion, LiveNames } from "./values.ts";

/** Time limit for asking a running process for names, in milliseconds: somebody is waiting at a keyboard. */
const ASK_MS = 300;

/** Marks a first line that asks for file names; a tab and the fixed start of the word follow. */
export const FILES = ":files";

/**
 * The answer to a completion script: one line for each candidate for the last word, with a tab and its meaning. Never
 * fails, because an error message would end up in the middle of the command line.
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

/** Names from a running process; none if there is no process, or it does not answer in time. */
async function namesFrom({ of, prefix, start, socket }: LiveNames): Promise<Completion["candidates"]> {
  const status = request(socket, "/status", {})
    .addTimeout(ASK_MS, clock)
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
