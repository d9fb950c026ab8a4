/**
 * Clients, in a process of their own, that connect and reset at once, at a steady rate. `bun bench/resetters.ts JSON`
 * takes Resetters and prints how many came.
 */
export interface Resetters {
  readonly port: number;
  /** Connections a second that are wanted. */
  readonly rate: number;
  readonly seconds: number;
}

/** Sends them; gives the connections that were made and reset. */
export async function sendResetters(options: Resetters): Promise<number> {
  const process = Bun.spawn([globalThis.process.execPath, import.meta.path, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return Number(await process.stdout.text());
}

/** Connects that may be under way: below what any listener queues, so that none waits for a second try. */
const AT_ONCE = 256;
const TICK_MS = 5;

async function run({ port, rate, seconds }: Resetters): Promise<number> {
  let begun = 0;
  let underWay = 0;
  let made = 0;
  const allGone = Promise.withResolvers<number>();
  let isOver = false;
  const gone = () => {
    underWay--;
    if (isOver && underWay === 0) allGone.resolve(made);
  };
  const socket = {
    open(each: Bun.Socket) {
      made++;
      each.terminate();
    },
    data() {},
    close: gone,
    connectError: gone,
  };
  const start = performance.now();
  for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1000) {
    for (; begun < elapsed * rate && underWay < AT_ONCE; begun++) {
      underWay++;
      Bun.connect({ hostname: "127.0.0.1", port, socket }).catch(() => {}); // Told through connectError already.
    }
    await Bun.sleep(TICK_MS);
  }
  isOver = true;
  if (underWay === 0) return made;
  return allGone.promise;
}

if (import.meta.main) {
  const made = await run(JSON.parse(process.argv[2] ?? "") as Resetters);
  process.stdout.write(String(made), () => process.exit());
}
