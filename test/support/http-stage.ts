import { HttpServer, type HttpOptions } from "../../src/admin/server.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { portOf } from "./port-of.ts";
import { Visitor, type Visit } from "./visitor.ts";

/** An HttpServer on a clock that the test controls, and its clients. */
export class HttpStage implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly server: HttpServer;
  readonly bugs: unknown[] = [];

  constructor(
    options: Pick<HttpOptions, "routes"> & Partial<HttpOptions> & { readonly clock?: ManualClock },
  ) {
    this.clock = options.clock ?? new ManualClock();
    this.server = new HttpServer({
      address: { host: "127.0.0.1", port: 0 },
      guard: () => {},
      maxClients: 16,
      failed: (error) => this.bugs.push(error),
      ...options,
      clock: this.clock,
    });
  }

  /** A client that has connected and sent `text`. */
  client(text = ""): Visitor {
    return new Visitor(portOf(this.server.address), (socket) => void (text !== "" && socket.write(text)));
  }

  /** The answer to a client that requests `path`. */
  async get(path: string, method = "GET", headers: readonly string[] = []): Promise<Answered> {
    const head = [`${method} ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers];
    return answerIn(await this.client(`${head.join("\r\n")}\r\n\r\n`).visit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.abort();
    if (this.bugs.length > 0) throw new Error("The server reported a bug", { cause: this.bugs });
  }
}

export interface Answered {
  readonly end: Visit["end"];
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Parses a complete answer. */
export function answerIn({ end, bytes }: Visit): Answered {
  const [head = "", ...rest] = bytes.toString().split("\r\n\r\n");
  return { end, status: Number(head.slice(9, 12)), head, body: rest.join("\r\n\r\n") };
}
