import { existsSync } from "node:fs";
import { ask, AskError, type AskOptions, type HttpReply } from "../../admin/client.ts";
import { maybeDeferred, type Deferred } from "../../deferred/mod.ts";
import { controlSockets } from "../../process/control-socket.ts";
import { escapeControls } from "../../protocols/printable.ts";
import { UsageError } from "../../settings/setting.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { print } from "../print.ts";
import { PROGRAM } from "../program.ts";

/** The settings common to all orders of `poetry ctl`. */
export interface OrderSettings {
  readonly socket?: string | undefined;
  readonly json: boolean;
}

const BAD_REQUEST = 400;

/**
 * Sends an order to a running poetry, and prints the result.
 *
 * @param show formats the JSON of the answer for people; with --json it is printed unchanged
 * @returns the exit code: 0 done, 1 it could not be
 * @throws {UsageError} for an invalid order
 */
export async function order(
  { socket, json }: OrderSettings,
  path: string,
  options: Pick<AskOptions, "method" | "body">,
  show: (body: string) => string,
): Promise<number> {
  const reply = await answerOf(socket, path, options);
  if (typeof reply === "number") return reply;
  return await print(1, json ? reply.body : show(reply.body));
}

/** The answer of a running poetry that carries the order out; otherwise the exit code, after saying why not. */
export async function answerOf(
  socket: string | undefined,
  path: string,
  options: Omit<AskOptions, "clock">,
): Promise<HttpReply | number> {
  try {
    return whole(await asking(socket, path, options));
  } catch (error) {
    return await explain(error);
  }
}

/** Sends an order. Fails with AskError. */
export function asking(
  socket: string | undefined,
  path: string,
  options: Omit<AskOptions, "clock">,
): Deferred<HttpReply> {
  return maybeDeferred(() => ask({ path: socketAt(socket) }, path, { ...options, clock }));
}

/**
 * The answer to an order that was carried out.
 *
 * @throws {AskError} for one that was not
 * @throws {UsageError} for an invalid one
 */
function whole(reply: HttpReply): HttpReply {
  const { status, body } = reply;
  if (status === 200) return reply;
  if (status === BAD_REQUEST) throw new UsageError(body.trimEnd());
  throw new AskError(body.trimEnd());
}

/** Reports what went wrong, and returns the exit code. */
export async function explain(error: unknown): Promise<number> {
  if (!(error instanceof AskError)) throw error;
  await print(
    2,
    `${PROGRAM} ctl: ${escapeControls(error.message)}${/[.?]$/.test(error.message) ? "" : "."}\n`,
  );
  return 1;
}

/** The given socket or, without one, the first of the usual ones that exists. */
function socketAt(named: string | undefined): string {
  if (named !== undefined) return named;
  const places = controlSockets();
  const found = places.find((path) => existsSync(path)) ?? (places.length === 1 ? places[0] : undefined);
  if (found !== undefined) return found;
  throw new AskError(`No poetry takes orders at ${places.join(" or ")}: --socket PATH says where it does`);
}

/** `path?a=1&b=2`, without what is undefined. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}
