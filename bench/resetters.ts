/**
 * Clients, in a process of their own, that connect and reset at once, at a steady rate. `bun bench/resetters.ts JSON`
 * takes Resetters and prints how many connected.
 */
export interface Resetters {
  readonly port: number;
  /** Connections per second. */
  readonly rate: number;
  readonly seconds: number;
}

/** Sends them; returns how many connections were made and reset. */
export async function sendResetters(options: Resetters): Promise<number> {
  const process = Bun.spawn([globalThis.process.execPath, import.meta.path, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return Number(await process.stdout.text());
}

/** Maximum number of pending connects: less than any backlog, so that none has to retry. */
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
      Bun.connect({ hostname: "127.0.0.1", port, socket }).catch(() => {}); // Already reported through connectError.
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
