/**
 * Clients, in a process of their own, that come one after another and measure how long each visit takes. `bun
 * bench/visits.ts JSON` takes VisitOptions, and prints a Visit[] when its standard input ends.
 */
export interface VisitOptions {
  readonly port: number;
  readonly request: string;
  /** Length of the expected answer. */
  readonly poemBytes: number;
  /** Number of concurrent visitors. */
  readonly atOnce: number;
}

/** A visit that was served. */
export interface Visit {
  /** When it connected: fractional milliseconds since 1970. */
  readonly began: number;
  /** From then to the end of the answer, in milliseconds. */
  readonly ms: number;
}

/** Visitors that keep coming. */
export interface Visiting {
  /** Ends them; returns all visits. */
  end(): Promise<Visit[]>;
}

/** Starts them, and waits until the first ones have been served, so that code is compiled and answers are cached. */
export async function startVisits(options: VisitOptions): Promise<Visiting> {
  const process = Bun.spawn([globalThis.process.execPath, import.meta.path, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const output = process.stdout.getReader();
  const { done } = await output.read();
  if (done) throw new Error(`The visitors ended with ${await process.exited}`);
  return {
    async end() {
      await process.stdin.end();
      const report: Uint8Array[] = [];
      for (let read = await output.read(); read.value; read = await output.read()) report.push(read.value);
      return JSON.parse(Buffer.concat(report).toString()) as Visit[];
    },
  };
}

const WARM_UP = 2000;
/** Between two visits, because a prober without pauses would measure itself. */
const PAUSE_MS = 2;

function run({ port, request, poemBytes, atOnce }: VisitOptions): Visit[] {
  const visits: Visit[] = [];
  let served = 0;
  for (let i = 0; i < atOnce; i++) visit();
  return visits;

  function visit(): void {
    const began = performance.now();
    const connecting = Bun.connect<{ received: number }>({
      hostname: "127.0.0.1",
      port,
      data: { received: 0 },
      socket: {
        open: (socket) => void socket.write(request),
        data: ({ data }, chunk) => void (data.received += chunk.length),
        close({ data }, error) {
          if (error || data.received !== poemBytes) throw new Error("A visitor was not served");
          if (served++ < WARM_UP) return visit();
          if (served === WARM_UP + 1) process.stdout.write("\n");
          visits.push({ began: performance.timeOrigin + began, ms: performance.now() - began });
          setTimeout(visit, PAUSE_MS);
        },
      },
    });
    connecting.catch(() => process.exit(1));
  }
}

if (import.meta.main) {
  const visits = run(JSON.parse(process.argv[2] ?? "") as VisitOptions);
  await Bun.stdin.text(); // Also ends with the parent process.
  const report = JSON.stringify(visits);
  process.stdout.write(report, () => process.exit());
}
