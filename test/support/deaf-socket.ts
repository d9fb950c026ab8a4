import { dlopen, ptr } from "bun:ffi";
import type { Socket } from "bun";

// Linux: <bits/socket.h>
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;

/** A Unix socket whose queue is full: connecting fails with EAGAIN. */
export class DeafSocket implements Disposable {
  readonly #libc = dlopen("libc.so.6", {
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    listen: { args: ["int", "int"], returns: "int" },
    connect: { args: ["int", "ptr", "u32"], returns: "int" },
    close: { args: ["int"], returns: "int" },
  });
  readonly #listener: number;
  readonly #caller: number;
  #server: { stop(): void } | undefined = undefined;

  constructor(path: string) {
    const { symbols } = this.#libc;
    const address = Buffer.from(`${String.fromCharCode(AF_UNIX)}\0${path}\0`);
    this.#listener = symbols.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    symbols.bind(this.#listener, ptr(address), address.length);
    symbols.listen(this.#listener, 0); // A queue of one.
    this.#caller = symbols.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    symbols.connect(this.#caller, ptr(address), address.length);
  }

  /** Accepts again: `script` runs for queued and new connections. */
  hear(script: (socket: Socket) => void): void {
    const { symbols } = this.#libc;
    symbols.close(this.#caller);
    this.#server = Bun.listen({
      fd: this.#listener,
      allowHalfOpen: true,
      socket: { open: script, data() {} },
    } as object as Parameters<typeof Bun.listen>[0]); // Bun's types lack `fd`.
  }

  [Symbol.dispose](): void {
    if (this.#server) this.#server.stop();
    else for (const each of [this.#listener, this.#caller]) this.#libc.symbols.close(each);
    this.#libc.close();
  }
}
