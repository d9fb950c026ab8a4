/**
 * Clients, in a process of their own, that connect and then never read a byte. `bun bench/silent-clients.ts JSON` takes
 * SilentClients, prints a line when all are connected, and stays until its standard input ends.
 */
export interface SilentClients {
  readonly port: number;
  readonly connections: number;
  /** Lines that they send first, in turn; absent: nothing. */
  readonly requests?: readonly string[];
  /** The authority that they trust, in PEM; absent: no TLS. */
  readonly ca?: string;
}

/** A crowd that has connected. */
export interface Crowd {
  /** Ends their connections. */
  leave(): Promise<void>;
}

/** Connects a crowd, and waits until all are connected. */
export async function gather(clients: SilentClients): Promise<Crowd> {
  const process = Bun.spawn([globalThis.process.execPath, import.meta.path, JSON.stringify(clients)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const { value, done } = await process.stdout.getReader().read();
  if (done || value.length === 0) throw new Error("The clients could not all connect");
  return {
    async leave() {
      await process.stdin.end();
      await process.exited;
    },
  };
}

/** Maximum number of pending connects: less than any backlog. */
const DIALLING = 256;

async function run({ port, connections, requests = [], ca }: SilentClients): Promise<void> {
  let arrived = 0;
  const tls = ca === undefined ? {} : { tls: { ca, serverName: "localhost" } };
  const connect = () =>
    new Promise<void>((resolve, reject) => {
      const here = (each: Bun.Socket) => {
        if (requests.length > 0) each.write(`${requests[arrived % requests.length]}\n`);
        arrived++;
        each.pause();
        resolve();
      };
      const socket = { [ca === undefined ? "open" : "handshake"]: here, data() {} };
      Bun.connect({ hostname: "127.0.0.1", port, ...tls, socket }).catch(reject);
    });
  for (let left = connections; left > 0; left -= DIALLING)
    await Promise.all(Array.from({ length: Math.min(left, DIALLING) }, connect));
  process.stdout.write("all here\n");
}

if (import.meta.main) {
  const [clients = ""] = process.argv.slice(2);
  await run(JSON.parse(clients) as SilentClients);
  await Bun.stdin.text(); // Also ends with the parent process.
  process.exit();
}
