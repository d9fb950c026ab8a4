import { fromPromise, succeed, type Deferred } from "../../deferred/mod.ts";
import { describeSystemError } from "../../net/errors.ts";
import { readOnce } from "../../services/poems/read-once.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { bytesOf } from "../exact-arguments.ts";
import { option, toggle, UsageError, type Values } from "../args.ts";
import { nonEmpty } from "../../settings/units.ts";

/** What a client says to servers that expect a request. */
export const sayArgs = {
  request: option({
    hint: "TEXT",
    description: "Send TEXT and a line end (CR LF) first: a title, a name, a query",
    parse: (text) => text,
    takesBytes: true,
  }),
  "request-file": option({
    hint: "FILE",
    description: "Send the bytes of FILE first, as they are",
    parse: nonEmpty,
  }),
  raw: toggle("Send the TEXT of --request without a line end"),
};

/**
 * The bytes to send, if there are any. Fails when they cannot be read.
 *
 * @throws {UsageError} when the flags contradict each other
 */
export function requestOf({
  request: text,
  "request-file": file,
  raw,
}: Values<typeof sayArgs>): Deferred<Uint8Array | undefined> {
  if (text !== undefined && file !== undefined) {
    throw new UsageError("--request and --request-file are two requests: expected one of them");
  }
  if (raw && text === undefined) throw new UsageError("--raw needs a --request");
  if (raw && text === "") throw new UsageError('Bad --request "": with --raw it would send nothing');
  if (file !== undefined) return readRequest(file);
  return succeed(text === undefined ? undefined : bytesOf(raw ? text : `${text}\r\n`));
}

/** Bytes of the longest request. */
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
