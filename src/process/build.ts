import { stat } from "node:fs/promises";
import { describeSystemError } from "../net/errors.ts";
import type { Events } from "../observe/events.ts";
import { DEFAULT_ANSWERS } from "../services/fetch/answer-rules.ts";
import { FetchGate } from "../services/fetch/gate.ts";
import { DEFAULT_MEMORY, type Budget } from "../services/budget.ts";
import { Memory } from "../services/memory.ts";
import type { Observer } from "../services/observer.ts";
import { LibraryError, PoemLibrary } from "../services/poems/poem-library.ts";
import { PoemServer } from "../services/poems/poem-server.ts";
import { FileTooLongError, readOnce } from "../services/poems/read-once.ts";
import { TitleServer } from "../services/poems/title-server.ts";
import { Proxy } from "../services/proxy/proxy.ts";
import type { SecondLevels } from "../services/proxy/second-levels.ts";
import type { Service } from "../services/service.ts";
import { builtIn } from "../services/transform/built-in.ts";
import { externalTransformation } from "../services/transform/external.ts";
import { filter, isProgram } from "../services/transform/filter.ts";
import { TransformProxy } from "../services/transform/transform-proxy.ts";
import { TransformServer } from "../services/transform/transform-server.ts";
import type { Transformation } from "../services/transform/transformation.ts";
import { transformed } from "../services/transform/transformed.ts";
import type * as settings from "../settings/commands.ts";
import { UsageError } from "../settings/setting.ts";
import type { Options, Settled } from "../settings/settle.ts";
import type { Clock } from "../time/clock.ts";
import type { Stores } from "./stores.ts";
import { connectBy, withTls } from "./tls.ts";

/** What services share: built here from their settings, whoever asks for them. */
export interface Surroundings {
  readonly clock: Clock;
  readonly observer: Observer<Events>;
  /** Whether the observer wants to know who every client was. */
  readonly needsPeers: boolean;
  readonly stores: Stores;
  /** Whether it wants to know when they came. */
  readonly needsTimes: boolean;
  /** What all services of the process may hold together; absent: each has only its own limit. */
  readonly processMemory?: Budget;
}

/** The memory of a service that has no setting for it. */
function standardMemory(maxAnswer: number, { processMemory }: Surroundings): Memory {
  return new Memory({ limit: DEFAULT_MEMORY, maxAnswer, parent: processMemory });
}

/** A proxy. */
export async function buildProxy(
  settled: Settled<typeof settings.proxy>,
  around: Surroundings,
): Promise<Service> {
  const { via, fetch, answers, listen, tls, ...rest } = settled.options;
  const { names = [], address } = via;
  const { clock, observer } = around;
  const protocolFailed = (error: unknown) => observer.bug(error);
  const server = { clock, timeouts: fetch.timeouts, maxAnswer: answers.maxAnswer, protocolFailed };
  const transform =
    address &&
    transformed(
      names.map((name) => externalTransformation(name, { ...server, address })),
      { clock, observer, acceptsEmpty: answers.acceptsEmpty },
    );
  return new Proxy({
    ...rest,
    ...around,
    listen: await withTls(listen),
    connect: await connectBy(tls),
    answers,
    secondLevels: levelsFor("proxy", settled, around),
    fetch: { ...fetch, transform },
  });
}

/** A proxy of transformations. */
export async function buildTransformProxy(
  settled: Settled<typeof settings.transformProxy>,
  around: Surroundings,
): Promise<Service> {
  const { maxPoem, requestTimeout, allowed, answers, listen, tls, ...rest } = settled.options;
  return new TransformProxy({
    ...rest,
    ...around,
    listen: await withTls(listen),
    connect: await connectBy(tls),
    secondLevels: levelsFor("transform-proxy", settled, around),
    answers: { ...DEFAULT_ANSWERS, ...answers },
    requests: { maxPoem, requestTimeout, allowed },
  });
}

function levelsFor(
  service: string,
  { shape, options }: Settled<typeof settings.proxy> | Settled<typeof settings.transformProxy>,
  { stores }: Surroundings,
): SecondLevels | undefined {
  return stores.levelsOf({ service, shape, patience: options.fetch.timeouts.total });
}

/** A server of one poem, or of the poems in a directory. Fails where there is nothing to serve. */
export async function buildPoemServer(
  settled: Settled<typeof settings.serve>,
  around: Surroundings,
): Promise<Service> {
  const { pace, requestTimeout, maxPoem } = settled.options;
  const { file } = settled.values;
  const listen = await withTls(settled.options.listen);
  try {
    if ((await stat(file)).isDirectory()) {
      const memory = standardMemory(maxPoem, around);
      const library = await openLibrary(file, maxPoem, memory, around);
      return new TitleServer({ ...around, listen, pace, requestTimeout, library, memory });
    }
    if (settled.isGiven("request-timeout"))
      throw new UsageError(
        `--request-timeout has no effect: ${file} is a file, and nobody asks for its title`,
      );
    const poem = await readPoem(file, maxPoem, around);
    if (poem.length === 0) throw new Error("it is empty, which clients cannot tell from a failure");
    return new PoemServer({ ...around, listen, pace, name: file, poem });
  } catch (error) {
    if (error instanceof UsageError || error instanceof LibraryError) throw error;
    throw new Error(`Cannot serve ${file}: ${describeSystemError(error)}`, { cause: error });
  }
}

/** A transformation server. */
export async function buildTransformServer(
  options: Options<typeof settings.transformServe>,
  around: Surroundings,
): Promise<Service> {
  const { maxPoem, maxAnswer, requestTimeout } = options;
  const listen = await withTls(options.listen);
  const transformations = transformationsOf(options, around);
  const memory = standardMemory(Math.max(maxPoem, maxAnswer), around);
  const limits = { maxPoem, maxAnswer, requestTimeout };
  return new TransformServer({ ...around, ...limits, listen, transformations, memory });
}

/**
 * What a transformation server offers.
 *
 * @throws {UsageError} for a program that is not there, or a name that is taken
 */
export function transformationsOf(
  { filters, maxAnswer }: Options<typeof settings.transformServe>,
  { clock }: Pick<Surroundings, "clock">,
): Transformation[] {
  const { programs, shell, timeout, maxFilters, maxQueue } = filters;
  const gate = new FetchGate(maxFilters, maxQueue);
  const own = builtIn({ clock, gate, maxOutput: maxAnswer });
  const names = new Set(own.map(({ name }) => name));
  const offered = programs.map(({ name, command: text }) => {
    const refuse = (why: string) => new UsageError(`Bad --filter "${name}=${text}": ${why}`);
    const words = shell ? ["/bin/sh", "-c", text] : text.trim().split(/\s+/);
    if (names.has(name)) throw refuse(`there is another transformation called ${name}`);
    if (!isProgram(words[0] as string)) throw refuse(`there is no program called ${words[0]}`);
    names.add(name);
    const made = filter(name, { timeout, maxOutput: maxAnswer, command: words, gate, clock });
    return { ...made, description: text };
  });
  return [...own, ...offered];
}

async function readPoem(file: string, limit: number, { clock, observer }: Surroundings): Promise<Uint8Array> {
  try {
    return await readOnce(file, { clock, limit, waiting: () => observer.waitingForFile({ file }) });
  } catch (error) {
    throw error instanceof FileTooLongError ? new Error(`${error.message}, the limit of --max-poem`) : error;
  }
}

async function openLibrary(
  directory: string,
  maxPoem: number,
  memory: Memory,
  { clock, observer }: Surroundings,
): Promise<PoemLibrary> {
  const skipped = (file: string, reason: string) => observer.skipped({ file, reason });
  const library = new PoemLibrary({ directory, maxPoem, memory, clock, skipped });
  if ((await library.list()).titles === 0) throw new Error("it contains no TITLE.txt files");
  return library;
}
