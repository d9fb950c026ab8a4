import { succeed, type Deferred, type Failure } from "../../deferred/mod.ts";
import { formatAddress, type Address } from "../../net/address.ts";
import type { GetEvents } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import { FetchError, type FetchFailure } from "../../services/fetch/errors.ts";
import { getPoem, streamPoem, type PoemClientOptions } from "../../services/poems/poem-client.ts";
import { EXIT_PIPE } from "../print.ts";
import { OutputError, type Output } from "./output.ts";
import type { Progress } from "./progress.ts";

/** How to fetch, transform and report poems. */
export interface GetOptions extends PoemClientOptions {
  readonly observer: Observer<GetEvents>;
  /** The longest poem held in memory, in bytes. */
  readonly maxAnswer: number;
  /** Transforms each poem before it is printed; absent: poems stay unchanged. */
  readonly transform?: ((poem: Uint8Array) => Deferred<Uint8Array>) | undefined;
  /** Whether to print a poem unchanged if it cannot be transformed. */
  readonly orPlain?: boolean;
  /** A line per server while poems arrive. */
  readonly progress?: Progress | undefined;
}

/** After how many milliseconds without a byte a server is suspected to be waiting for a request. */
const SILENCE_MS = 1000;

/** How a fetch may fail if the server waited for a request in vain. */
const UNASKED: ReadonlySet<FetchFailure> = new Set(["reset", "empty", "total_timeout"]);

/** Prints one poem as it arrives. Fires with the exit code; never fails. */
export function streamOne(server: Address, output: Output, options: GetOptions): Deferred<number> {
  return advised(streamPoem(server, output, options), options)
    .addBoth((got) => output.finish(true).addCallback(() => got)) // An error of the output takes precedence.
    .addCallbacks(
      () => 0,
      (failure) => report(failure, options.observer),
    );
}

/**
 * Fetches poems in parallel, and prints each as a whole, in the order of `servers`. Fires with the exit code; never
 * fails.
 */
export function getSeveral(
  servers: readonly Address[],
  output: Output,
  options: GetOptions,
): Deferred<number> {
  const { observer, progress } = options;
  // As a value, because a failure that waits for its turn would be reported as unhandled.
  const poems = servers.map((server, index) =>
    getWhole(server, index, options).addErrback((failure) => ({ failure })),
  );
  let code = 0;

  const printFrom = (index: number): Deferred<void> => {
    const poem = poems[index];
    if (!poem) return output.finish(code === 0);
    return poem
      .addCallback((got) => {
        progress?.erase();
        if ("failure" in got) code = report(got.failure, observer);
        else {
          output.take(got);
          progress?.printed(got);
        }
      })
      .addCallback(() => printFrom(index + 1));
  };
  return printFrom(0)
    .addCallbacks(
      () => code,
      (failure) => report(failure, observer),
    )
    .addCallback((exitCode) => {
      progress?.finish();
      return exitCode;
    });
}

/** Fetches one poem as a whole, and shows its progress. */
function getWhole(server: Address, index: number, options: GetOptions): Deferred<Uint8Array> {
  const { maxAnswer, progress } = options;
  const name = formatAddress(server);
  let received = 0;
  const count = (bytes: number) => {
    received = bytes;
    progress?.update(index, `${name}: ${bytes} bytes`);
  };
  const plain = advised(getPoem(server, maxAnswer, options, count), options);
  const poem = plain.addCallback((bytes) => change(bytes, options));
  return poem.addBoth((got) => {
    const end = got instanceof Uint8Array ? "done" : "failed";
    progress?.update(index, `${name}: ${received} bytes, ${end}`, true);
    return got;
  });
}

/** The poem transformed, or unchanged with --or-plain if that fails. */
function change(
  poem: Uint8Array,
  { transform, orPlain, observer, progress }: GetOptions,
): Deferred<Uint8Array> {
  if (!transform) return succeed(poem);
  return transform(poem).addErrback((failure) => {
    if (!orPlain) return failure;
    progress?.erase();
    observer.notTransformed(failure.value);
    return poem;
  });
}

/** Suggests --request if the server may have waited for a request. */
function advised<T>(got: Deferred<T>, { clock, request }: GetOptions): Deferred<T> {
  const began = clock.now();
  return got.addErrback((failure) => {
    const error = failure.value;
    const isUnasked = error instanceof FetchError && error.received === 0 && UNASKED.has(error.reason);
    if (!isUnasked || request || clock.now() - began < SILENCE_MS) return failure;
    throw new Error(`${error.message}; if the server waits for a request, use --request TEXT`, {
      cause: error,
    });
  });
}

/** Logs what went wrong, unless nobody reads the output any more; returns the exit code. */
function report(failure: Failure, observer: Observer<GetEvents>): number {
  if (failure.value instanceof OutputError && failure.value.code === "EPIPE") return EXIT_PIPE;
  observer.getFailed(failure.value);
  return 1;
}
