import type { EntryView } from "../../admin/control/entries.ts";
import type { Deferred } from "../../deferred/mod.ts";
import type { Status } from "../../observe/numbers/status.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { request, withQuery } from "../ctl/send.ts";
import { complete, type Vocabulary } from "./complete.ts";
import type { Completion, LiveNames } from "./values.ts";

/** Time limit for asking a running process for names, in milliseconds: somebody is waiting at a keyboard. */
const ASK_MS = 300;

/** How many keys are offered, and how long they may be: nobody chooses from more. */
const MOST_KEYS = 50;
const LONGEST_KEY = 200;

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
async function namesFrom(wanted: LiveNames): Promise<Completion["candidates"]> {
  const { of, prefix, start } = wanted;
  const names = await (of === "keys" ? keys(wanted) : namesInStatus(wanted, of));
  return [...new Set(names)]
    .filter((name) => name.startsWith(start))
    .map((name) => ({ word: prefix + name }));
}

async function namesInStatus({ socket }: LiveNames, of: "services" | "upstreams"): Promise<string[]> {
  const services = (JSON.parse((await told(socket, "/status")) || NO_STATUS) as Status).services;
  if (of === "services") return services.map(({ name }) => name);
  return services.flatMap(({ upstreams }) => upstreams.map(({ name }) => name));
}

const NO_STATUS = '{"services":[]}';

/** Keys of what is asked for most. */
async function keys({ socket, service, start }: LiveNames): Promise<string[]> {
  // What is shown of a key begins as the key itself does, unless there are escapes in it.
  const match = PLAIN.test(start) ? `^${start.replace(/[^\w -]/g, "\\$&")}` : undefined;
  const lines = await told(
    socket,
    withQuery("/entries", { sort: "hits", n: String(MOST_KEYS), match, service }),
  );
  return lines
    .split("\n")
    .flatMap((line) => (line === "" ? [] : (JSON.parse(line) as EntryView).key))
    .filter((key) => key !== "" && !key.startsWith("-") && key.length <= LONGEST_KEY);
}

const PLAIN = /^[\x20-\x5b\x5d-\x7e]+$/;

/** What a running process answers; nothing if it does not in time, refuses, or there is none. */
function told(socket: string | undefined, path: string): Deferred<string> {
  return request(socket, path, {})
    .addTimeout(ASK_MS, clock)
    .addCallbacks(
      ({ status, body }) => (status === 200 ? body : ""),
      () => "",
    );
}
