import { dlopen, ptr } from "bun:ffi";
import { nextTurn } from "./next-turn.ts";

// Linux: <bits/socket.h>
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SHUT_WR = 1;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const LOOPBACK = [127, 0, 0, 1];

/** Whether this system can have one. */
export const canBeDeaf = process.platform === "linux" && process.env.BUN_JSC_useJIT !== "0";

/**
 * A port with a full backlog that nobody accepts from: the kernel drops every SYN, like a blackhole. Bun accepts as
 * many connections as it can, so this port is opened without it.
 */
export class DeafPort implements Disposable {
  readonly port: number;
  readonly #libc = dlopen("libc.so.6", {
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    listen: { args: ["int", "int"], returns: "int" },
    accept: { args: ["int", "ptr", "ptr"], returns: "int" },
    send: { args: ["int", "ptr", "u64", "int"], returns: "i64" },
    setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
    shutdown: { args: ["int", "int"], returns: "int" },
    getsockname: { args: ["int", "ptr", "ptr"], returns: "int" },
    connect: { args: ["int", "ptr", "u32"], returns: "int" },
    close: { args: ["int"], returns: "int" },
  });
  readonly #listener: number;
  readonly #sockets: number[] = [];

  constructor() {
    const { symbols } = this.#libc;
    const address = new Uint8Array([AF_INET, 0, 0, 0, ...LOOPBACK, ...Array<number>(8).fill(0)]);
    this.#listener = this.#socket();
    symbols.bind(this.#listener, ptr(address), address.length);
    symbols.listen(this.#listener, 0); // A queue of one.
    symbols.getsockname(this.#listener, ptr(address), ptr(new Uint32Array([address.length])));
    symbols.connect(this.#socket(), ptr(address), address.length);
    this.port = new DataView(address.buffer).getUint16(2);
  }

  /** Makes room for new and retried connections. */
  hear(): void {
    this.#libc.symbols.listen(this.#listener, 4096);
    this.#accept(); // The one that filled the queue.
  }

  /** Accepts a connection as soon as there is one, sends `text`, and ends it. */
  async answer(text: string, end: "fin" | "reset" | "fin and reset" = "fin"): Promise<void> {
    const { symbols } = this.#libc;
    let socket = this.#accept();
    for (; socket < 0; socket = this.#accept()) await nextTurn();
    symbols.send(socket, ptr(Buffer.from(`${text}\0`)), Buffer.byteLength(text), 0);
    if (end !== "reset") symbols.shutdown(socket, SHUT_WR);
    if (end === "fin") return;
    symbols.setsockopt(socket, SOL_SOCKET, SO_LINGER, ptr(new Int32Array([1, 0])), 8);
    symbols.close(this.#sockets.pop() as number);
  }

  /** Whether a connection waited to be accepted; if so, it is accepted. */
  hasCaller(): boolean {
    return this.#accept() >= 0;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) this.#libc.symbols.close(socket);
    this.#libc.close();
  }

  #socket(): number {
    const socket = this.#libc.symbols.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    this.#sockets.push(socket);
    return socket;
  }

  #accept(): number {
    const socket = this.#libc.symbols.accept(this.#listener, null, null);
    if (socket >= 0) this.#sockets.push(socket);
    return socket;
  }
}
