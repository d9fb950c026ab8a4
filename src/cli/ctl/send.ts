import { existsSync } from "node:fs";
import { ask, AskError, type AskOptions, type HttpReply } from "../../admin/client.ts";
import { maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import { controlSockets } from "../../process/control-socket.ts";
import { escapeControls } from "../../protocols/printable.ts";
import { UsageError } from "../../settings/setting.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { print } from "../print.ts";
import { PROGRAM } from "../program.ts";

/** The settings common to all commands of `poetry ctl`. */
export interface CtlSettings {
  readonly socket?: string | undefined;
  readonly json: boolean;
}

/** The HTTP status of invalid commands: a usage error. */
const BAD_REQUEST = 400;

/**
 * Sends a command to a running poetry, and prints the result.
 *
 * @param show formats the JSON of the reply for people; with --json it is printed unchanged
 * @returns the exit code: 0 done, 1 failed
 * @throws {UsageError} for an invalid command
 */
export async function send(
  { socket, json }: CtlSettings,
  path: string,
  options: Pick<AskOptions, "method" | "body">,
  show: (body: string) => string,
): Promise<number> {
  const reply = await replyTo(socket, path, options);
  if (typeof reply === "number") return reply;
  return await print(1, json ? reply.body : show(reply.body));
}

/** Sends a command. Returns the reply if it was carried out; otherwise prints why not, and returns the exit code. */
export async function replyTo(
  socket: string | undefined,
  path: string,
  options: Omit<AskOptions, "clock">,
): Promise<HttpReply | number> {
  try {
    return accepted(await request(socket, path, options));
  } catch (error) {
    return await explain(error);
  }
}

/** Sends a command, to the first control socket that exists if none is named. Fails with AskError. */
export function request(
  socket: string | undefined,
  path: string,
  options: Omit<AskOptions, "clock">,
): Deferred<HttpReply> {
  return maybeDeferred(() => ask({ path: socketAt(socket) }, path, { ...options, clock }));
}

/**
 * The reply to a command that was carried out.
 *
 * @throws {AskError} if it was not
 * @throws {UsageError} if it was invalid
 */
function accepted(reply: HttpReply): HttpReply {
  const { status, body } = reply;
  if (status === 200) return reply;
  if (status === BAD_REQUEST) throw new UsageError(body.trimEnd());
  throw new AskError(body.trimEnd());
}

/** Prints what went wrong, and returns the exit code. Rethrows bugs. */
export async function explain(error: unknown): Promise<number> {
  if (!(error instanceof AskError)) throw error;
  await print(
    2,
    `${PROGRAM} ctl: ${escapeControls(error.message)}${/[.?]$/.test(error.message) ? "" : "."}\n`,
  );
  return 1;
}

/** The named socket, or the first of the usual ones that exists. @throws {AskError} if none does */
function socketAt(named: string | undefined): string {
  if (named !== undefined) return named;
  const places = controlSockets();
  const found = places.find((path) => existsSync(path)) ?? (places.length === 1 ? places[0] : undefined);
  if (found !== undefined) return found;
  throw new AskError(`There is no control socket at ${places.join(" or ")}: name one with --socket PATH`);
}

/** `path?a=1&b=2`, without undefined values. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}
