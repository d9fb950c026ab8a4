import type { Socket } from "bun";
import { poemOf } from "./poem.ts";

/** The language of an origin: a poem and its end, or the same poem as an HTTP answer. */
export type Language = "poetry" | "http";

/** What an origin remembers of a key: the first line of a request or, in HTTP, the path. */
export interface Asked {
  /** Number of connections that requested it. */
  readonly connections: number;
  /** When its last byte was sent: fractional milliseconds since 1970. */
  readonly answeredAt: number;
}

/** A slow server: answers every request with the same poem after a delay, and hangs up. */
export class SlowOrigin implements Disposable {
  readonly #server: Bun.TCPSocketListener;
  readonly #asked = new Map<string, Asked>();
  readonly #delayOf: (key: string) => number;
  readonly #answer: Buffer;

  /** @param delayOf the delay for a key in milliseconds; Infinity: it never answers */
  constructor(language: Language, poemBytes: number, delayOf: (key: string) => number) {
    const poem = poemOf(poemBytes);
    this.#delayOf = delayOf;
    this.#answer = language === "http" ? Buffer.concat([headOf(poem), poem]) : poem;
    const end = language === "http" ? "\r\n\r\n" : "\n";
    const socket = {
      data: (connection: Socket, bytes: Buffer) => {
        // Requests are short, and come in one piece.
        if (bytes.includes(end)) this.#answerLater(connection, keyOf(bytes.toString(), language));
      },
    };
    this.#server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
  }

  get port(): number {
    return this.#server.port;
  }

  hasBeenAsked(key: string): boolean {
    return this.#asked.has(key);
  }

  /** What it remembers of `key`; throws if that was never requested. */
  asked(key: string): Asked {
    const asked = this.#asked.get(key);
    if (!asked) throw new Error(`The origin was never asked for ${key}`);
    return asked;
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }

  #answerLater(connection: Socket, key: string): void {
    const connections = (this.#asked.get(key)?.connections ?? 0) + 1;
    this.#asked.set(key, { connections, answeredAt: Number.NaN });
    const delay = this.#delayOf(key);
    if (delay === Infinity) return;
    setTimeout(() => {
      connection.end(this.#answer);
      const answeredAt = performance.timeOrigin + performance.now();
      this.#asked.set(key, { ...this.asked(key), answeredAt });
    }, delay);
  }
}

function headOf(poem: Buffer): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Length: ${poem.length}\r\nCache-Control: max-age=3600\r\nConnection: close\r\n\r\n`,
  );
}

function keyOf(request: string, language: Language): string {
  const pattern = language === "http" ? /^GET \/(\S*) HTTP/ : /^(.*?)\r?\n/;
  return pattern.exec(request)?.[1] ?? "";
}
