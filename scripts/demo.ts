/**
 * A demonstration of the main features: a slow server, a caching proxy in front of it, 200 clients at once, and a
 * server that breaks off. Needs dist/poetry. Exits with 0 only if every promise is kept.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../");
const EXECUTABLE = "dist/poetry";
const POEM = "poetry/ecstasy.txt";
const CLIENTS = 200;
/** How many of them are processes: `poetry get`. The others are plain TCP connections. */
const GETS = 8;
const DEADLINE_MS = 60_000;

/** A line of `--log json`. */
interface Event {
  readonly event?: string;
  readonly msg: string;
  readonly address?: string;
  /** How a client was answered. */
  readonly cache?: string;
}

/** What a client received; it is complete if the connection ended cleanly. */
interface Got {
  readonly bytes: Uint8Array;
  readonly whole: boolean;
}

const running = new Set<Program>();

/** A running `poetry`, and what it has logged. */
class Program {
  readonly #child: Bun.Subprocess<"ignore", "inherit", "pipe">;
  readonly #events: Event[] = [];
  readonly #logRead: Promise<void>;
  #isLogRead = false;
  #look: () => void = () => {};

  constructor(...args: string[]) {
    console.log(`$ poetry ${args.join(" ")}`);
    this.#child = Bun.spawn([EXECUTABLE, ...args, "--log", "json", "--verbose"], {
      cwd: ROOT,
      stdin: "ignore",
      stdout: "inherit",
      stderr: "pipe",
    });
    running.add(this);
    this.#logRead = this.#readLog();
  }

  /** Waits until it has logged one of these events. */
  async until(...wanted: string[]): Promise<Event> {
    for (;;) {
      const found = this.#events.find(({ event }) => event !== undefined && wanted.includes(event));
      if (found) return found;
      if (this.#isLogRead)
        throw new Error(`poetry ended: ${this.#events.at(-1)?.msg ?? "without any output"}`);
      await new Promise<void>((resolve) => (this.#look = resolve));
    }
  }

  /** Waits until it listens; returns the port. */
  async port(): Promise<string> {
    const { msg, address } = await this.until("serving", "proxying");
    console.log(`  ${msg}`);
    return address?.split(":").at(-1) as string;
  }

  count(wanted: string): number {
    return this.#events.filter(({ event }) => event === wanted).length;
  }

  /** How many clients waited for a fetch that was already under way. */
  get coalesced(): number {
    return this.#events.filter(({ event, cache }) => event === "waiting" && cache === "coalesced").length;
  }

  /** Stops it; returns its exit code once its whole log has been read. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number> {
    this.#child.kill(signal);
    running.delete(this);
    await this.#logRead;
    return this.#child.exited;
  }

  async #readLog(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.#child.stderr) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() as string;
      this.#events.push(...lines.map((line) => (line.startsWith("{") ? JSON.parse(line) : { msg: line })));
      this.#look();
    }
    this.#isLogRead = true;
    this.#look();
  }
}

/** A client: connects and reads to the end; `heard` is called with the number of bytes so far. */
function visit(port: string, heard: (total: number) => void = () => {}): Promise<Got> {
  const parts: Uint8Array[] = [];
  let total = 0;
  return new Promise((resolve, reject) => {
    const socket = {
      data(_: unknown, bytes: Uint8Array) {
        parts.push(bytes);
        heard((total += bytes.length));
      },
      close: (_: unknown, error?: Error) => resolve({ bytes: Buffer.concat(parts), whole: !error }),
    };
    Bun.connect({ hostname: "127.0.0.1", port: Number(port), socket }).catch(reject);
  });
}

/** The same with `poetry get`. */
async function get(port: string): Promise<Got> {
  const child = Bun.spawn([EXECUTABLE, "get", port, "--quiet"], { cwd: ROOT, stdin: "ignore" });
  const bytes = await child.stdout.bytes();
  return { bytes, whole: (await child.exited) === 0 };
}

/** Runs `count` clients at once; returns their results and the milliseconds until the last one had finished. */
async function crowd(port: string, count: number, gets: number): Promise<{ got: Got[]; ms: number }> {
  const start = performance.now();
  const got = await Promise.all(
    Array.from({ length: count }, (_, i) => (i < gets ? get(port) : visit(port))),
  );
  return { got, ms: performance.now() - start };
}

let kept = true;

/** Prints whether a promise was kept. */
function promise(isKept: boolean, text: string): void {
  console.log(`  ${isKept ? "yes" : "NO "} ${text}`);
  kept &&= isKept;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

async function demo(): Promise<void> {
  if (!existsSync(ROOT + EXECUTABLE)) throw new Error(`there is no ${EXECUTABLE}, run "bun run build" first`);
  const poem = await Bun.file(ROOT + POEM).bytes();
  const isPoem = ({ bytes, whole }: Got) => whole && Buffer.compare(bytes, poem) === 0;
  const pace = ["--delay", "100ms", "--num-bytes", "100"];

  console.log(
    `1. A slow server (${poem.length} bytes, 100 every 100 ms), and a caching proxy in front of it.`,
  );
  const server = new Program("serve", POEM, "--port", "0", ...pace);
  const serverPort = await server.port();
  const proxy = new Program("proxy", serverPort, "--port", "0", "--ttl", "2h");
  const port = await proxy.port();

  console.log(
    `\n2. ${CLIENTS} clients at once; the cache is empty. ${GETS} of them are "poetry get ${port}".`,
  );
  const first = await crowd(port, CLIENTS, GETS);
  console.log(`  The last one finished after ${Math.round(first.ms)} ms.`);
  promise(first.got.every(isPoem), `all ${CLIENTS} received the whole poem, byte for byte`);
  promise(
    proxy.count("fetching") === 1,
    `the proxy asked the server ${times(proxy.count("fetching"))}; ${proxy.coalesced} clients waited for that fetch`,
  );

  console.log(`\n3. ${CLIENTS} clients again; now the poem is in the cache.`);
  const second = await crowd(port, CLIENTS, 0);
  console.log(`  The last one finished after ${Math.round(second.ms)} ms.`);
  promise(second.got.every(isPoem), `all ${CLIENTS} received the whole poem, byte for byte`);

  console.log("\n4. SIGTERM to both.");
  const codes = [await proxy.stop(), await server.stop()];
  promise(
    codes.every((code) => code === 0),
    `both shut down cleanly: exit codes ${codes.join(" and ")}`,
  );
  const asked = server.count("sending");
  promise(asked === 1, `the server itself counted: asked ${times(asked)}, for ${2 * CLIENTS} clients`);

  console.log("\n5. Another server and proxy; this server breaks off in mid-poem.");
  const brittle = new Program("serve", POEM, "--port", "0", ...pace, "--drain-timeout", "0");
  const brittlePort = await brittle.port();
  const careful = new Program("proxy", brittlePort, "--port", "0", "--retries", "0");
  const waiting = crowd(await careful.port(), CLIENTS, 0);
  await brittle.until("sending");
  await new Promise<void>((resolve, reject) => {
    visit(brittlePort, (total) => total >= 500 && resolve()).catch(reject); // It came last.
  });
  await brittle.stop();
  const { got } = await waiting;
  console.log(`  ${(await careful.until("fetch-failed")).msg}`);
  promise(
    got.every(({ bytes, whole }) => !whole && bytes.length === 0),
    `all ${CLIENTS} clients were reset: nobody mistakes half a poem for a whole one`,
  );
  await careful.stop();
}

const deadline = setTimeout(() => give(`not finished within ${DEADLINE_MS / 1000} s`), DEADLINE_MS);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => give(`stopped by ${signal}`));

/** Gives up. */
function give(reason: string): never {
  for (const program of running) void program.stop("SIGKILL");
  console.error(`The demo failed: ${reason}`);
  process.exit(1);
}

await demo().catch((error: unknown) => give(error instanceof Error ? error.message : String(error)));
clearTimeout(deadline);
console.log(kept ? "\nAll as promised." : "\nNot as promised.");
process.exit(kept ? 0 : 1);
