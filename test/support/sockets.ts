import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../../src/net/address.ts";
import { answered, nothing } from "./poem.ts";
import type { Visit } from "./visitor.ts";

/** What a connection is made over. */
export type Sockets = "TCP" | "Unix";

/** Both kinds: most faults have the same outcome over each. The peers that speak TLS do so over TCP. */
export const SOCKETS: readonly Sockets[] = process.env.POETRY_STAGE === "tls" ? ["TCP"] : ["TCP", "Unix"];

let count = 0;

/** Where somebody may listen, who takes any free port of TCP. */
export function freeAddress(sockets: Sockets = "TCP", host = "127.0.0.1"): Address {
  if (sockets === "TCP") return { host, port: 0 };
  return { path: join(tmpdir(), `poetry-test-${process.pid}-${count++}.sock`) };
}

/** What a client has that got no answer: a Unix socket has no reset. */
export function withoutAnswer(sockets: Sockets = "TCP"): Visit {
  return sockets === "TCP" ? nothing : answered("");
}
