import { dlopen, ptr } from "bun:ffi";

// Linux: <bits/socket.h>
const AF_INET = 2;
const SOCK_STREAM = 1;
const LOOPBACK = [127, 0, 0, 1];

/** Whether this system can have one. */
export const canBeDeaf = process.platform === "linux";

/**
 * A port whose queue is full, and that nobody ever accepts from: the kernel drops whoever knocks. Bun accepts all it can,
 * so this one is made without it.
 */
export class DeafPort implements Disposable {
  readonly port: number;
  readonly #libc = dlopen("libc.so.6", {
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    listen: { args: ["int", "int"], returns: "int" },
    getsockname: { args: ["int", "ptr", "ptr"], returns: "int" },
    connect: { args: ["int", "ptr", "u32"], returns: "int" },
    close: { args: ["int"], returns: "int" },
  });
  readonly #sockets: number[] = [];

  constructor() {
    const { symbols } = this.#libc;
    const address = new Uint8Array([AF_INET, 0, 0, 0, ...LOOPBACK, ...Array<number>(8).fill(0)]);
    const listener = this.#socket();
    symbols.bind(listener, ptr(address), address.length);
    symbols.listen(listener, 0); // A queue of one.
    symbols.getsockname(listener, ptr(address), ptr(new Uint32Array([address.length])));
    symbols.connect(this.#socket(), ptr(address), address.length);
    this.port = new DataView(address.buffer).getUint16(2);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) this.#libc.symbols.close(socket);
    this.#libc.close();
  }

  #socket(): number {
    const socket = this.#libc.symbols.socket(AF_INET, SOCK_STREAM, 0);
    this.#sockets.push(socket);
    return socket;
  }
}
