import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../../src/net/address.ts";
import { answered, nothing } from "./poem.ts";
import type { Visit } from "./visitor.ts";

/** A kind of socket. */
export type Sockets = "TCP" | "Unix";

/** Both kinds, because most faults have the same outcome over each. With TLS, only TCP. */
export const SOCKETS: readonly Sockets[] = process.env.POETRY_STAGE === "tls" ? ["TCP"] : ["TCP", "Unix"];

let count = 0;

/** An address to listen on: any free port of TCP, or a new path. */
export function freeAddress(sockets: Sockets = "TCP", host = "127.0.0.1"): Address {
  if (sockets === "TCP") return { host, port: 0 };
  return { path: join(tmpdir(), `poetry-test-${process.pid}-${count++}.sock`) };
}

/** The visit of a client without an answer: a Unix socket has no reset. */
export function withoutAnswer(sockets: Sockets = "TCP"): Visit {
  return sockets === "TCP" ? nothing : answered("");
}
