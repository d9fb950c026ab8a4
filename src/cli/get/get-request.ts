import { fromPromise, succeed, type Deferred } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import { readOnce } from "../../services/poems/read-once.ts";
import type { get } from "../../settings/commands.ts";
import type { Values } from "../../settings/settled.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { bytesOf } from "../exact-arguments.ts";

/** The request to send; undefined: none. Fails with an Error if its file is empty or cannot be read. */
export function requestOf({
  request: text,
  "request-file": file,
  raw,
}: Pick<Values<typeof get>, "request" | "request-file" | "raw">): Deferred<Uint8Array | undefined> {
  if (file !== undefined) return readRequest(file);
  return succeed(text === undefined ? undefined : bytesOf(raw ? text : `${text}\r\n`));
}

/** The longest request, in bytes. */
const LONGEST = 64 * 1024 * 1024;

function readRequest(file: string): Deferred<Uint8Array> {
  return fromPromise(readOnce(file, { clock, limit: LONGEST, waiting: () => {} })).addCallbacks(
    (bytes) => {
      if (bytes.length === 0) throw new Error(`Cannot send ${file}: it is empty`);
      return bytes;
    },
    (failure) => {
      throw new Error(`Cannot send ${file}: ${describeSystemError(failure.value)}`, { cause: failure.value });
    },
  );
}
