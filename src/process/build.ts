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
import type { ProxyOptions } from "../services/proxy/options.ts";
import { Proxy } from "../services/proxy/proxy.ts";
import type { SecondLevels } from "../services/proxy/second-levels.ts";
import type { Service } from "../services/service.ts";
import { builtIn } from "../services/transform/built-in.ts";
import { externalTransformation } from "../services/transform/external.ts";
import { filter, objectionToProgram } from "../services/transform/filter.ts";
import {
  asProxyOptions,
  TransformProxy,
  type TransformProxyOptions,
} from "../services/transform/transform-proxy.ts";
import { TransformServer } from "../services/transform/transform-server.ts";
import type { Transformation } from "../services/transform/transformation.ts";
import { transformed } from "../services/transform/transformed.ts";
import { collectGarbage } from "./garbage.ts";
import type { Kind, KINDS } from "../settings/kinds.ts";
import { SettingError } from "../settings/setting.ts";
import type { Settled } from "../settings/settled.ts";
import { connectBy, withTls } from "./tls.ts";
import type { Clock } from "../time/clock.ts";
import { complaintOfMachine } from "./roster/machine.ts";
import type { Stores } from "./stores.ts";

/** What a service needs from the process around it. */
export interface Surroundings {
  readonly clock: Clock;
  readonly observer: Observer<Events>;
  /** Whether the observer needs the address of every client, which costs a system call each. */
  readonly needsPeers: boolean;
  /** Whether the observer needs the arrival time of every client. */
  readonly needsTimes: boolean;
  /** Second levels for the answers of proxies; absent: none. */
  readonly stores?: Stores;
  /** The name of the service in a configuration file; absent if flags started it. */
  readonly name?: string;
  /** The memory limit of all services together; absent: each has only its own limit. */
  readonly processMemory?: Budget;
  /** Variables of the environment that programs are not given. */
  readonly secrets?: readonly string[];
  /** Whether it is built only to find mistakes, and never listens. */
  readonly isTrial?: boolean;
}

/** The memory of a service that has no setting for it. */
function standardMemory(maxAnswer: number, { processMemory }: Surroundings): Memory {
  return new Memory({ limit: DEFAULT_MEMORY, maxAnswer, parent: processMemory, collectGarbage });
}

/** The settings of a kind of service, with their values. */
export type SettledFor<K extends Kind> = Settled<(typeof KINDS)[K]["settings"]>;

/** How to build a service of each kind. */
const BUILDERS: {
  readonly [K in Kind]: (settled: SettledFor<K>, around: Surroundings) => Service | Promise<Service>;
} = {
  serve: buildPoemServer,
  proxy: buildProxy,
  "transform-serve": buildTransformServer,
  "transform-proxy": buildTransformProxy,
};

/**
 * Builds a service from the settings of its kind. It does not listen yet.
 *
 * @throws {SettingError} for a setting that is invalid on this machine
 */
export async function buildService<K extends Kind>(
  kind: K,
  settled: SettledFor<K>,
  around: Surroundings,
): Promise<Service> {
  requireMachine(settled as unknown as Settled, around);
  return BUILDERS[kind](settled, around);
}

/** @throws {SettingError} for a setting that is invalid on this machine */
function requireMachine(settled: Settled, { isTrial = false }: Surroundings): void {
  const complaint = complaintOfMachine(settled, !isTrial);
  if (complaint) throw new SettingError(complaint);
}

/** The kinds of services that take new settings while they run, and so keep their cache over a reload. */
export type RenewableKind = "proxy" | "transform-proxy";

const PROXY_OPTIONS: {
  readonly [K in RenewableKind]: (settled: SettledFor<K>, around: Surroundings) => ProxyOptions;
} = { proxy: proxyOptions, "transform-proxy": proxyOptionsOfTransforms };

/** Whether services of this kind take new settings while they run. */
export function isRenewable(kind: Kind): kind is RenewableKind {
  return Object.hasOwn(PROXY_OPTIONS, kind);
}

/**
 * A function that gives new settings to a running service of this kind. Everything that can fail happens before it is
 * returned, so that a reload can change all services or none.
 *
 * @throws {SettingError} for a setting that is invalid on this machine
 * @throws {CertificateError} if a file cannot be used
 */
export function renewal<K extends RenewableKind>(
  kind: K,
  settled: SettledFor<K>,
  around: Surroundings,
): (service: Service) => void {
  requireMachine(settled as unknown as Settled, around);
  const options = PROXY_OPTIONS[kind](settled, around);
  return (service) => {
    if (service instanceof Proxy) service.renew(options);
  };
}

/** A caching proxy. */
function buildProxy(settled: SettledFor<"proxy">, around: Surroundings): Service {
  return new Proxy({ ...proxyOptions(settled, around), secondLevels: levelsFor("proxy", settled, around) });
}

/** Answers are transformed by the server of `--via`, if there is one, with the same limits as fetches. */
function proxyOptions({ options }: SettledFor<"proxy">, around: Surroundings): ProxyOptions {
  const { via, fetch, answers, listen, tls, ...rest } = options;
  const { names = [], address } = via;
  const { clock, observer } = around;
  const protocolFailed = (error: unknown) => observer.bug(error);
  const limits = { clock, timeouts: fetch.timeouts, maxAnswer: answers.maxAnswer, protocolFailed };
  const server = { ...limits, connect: connectBy(via.tls) };
  const transform =
    address &&
    transformed(
      names.map((name) => externalTransformation(name, { ...server, address })),
      { clock, observer, acceptsEmpty: answers.acceptsEmpty },
    );
  return {
    ...rest,
    ...around,
    collectGarbage,
    listen: withTls(listen),
    connect: connectBy(tls),
    answers,
    fetch: { ...fetch, transform },
  };
}

/** A caching proxy in front of a transformation server. */
function buildTransformProxy(settled: SettledFor<"transform-proxy">, around: Surroundings): Service {
  const secondLevels = levelsFor("transform-proxy", settled, around);
  return new TransformProxy({ ...transformProxyOptions(settled, around), secondLevels });
}

function transformProxyOptions(
  { options }: SettledFor<"transform-proxy">,
  around: Surroundings,
): TransformProxyOptions {
  const { maxPoem, requestTimeout, allowed, answers, listen, tls, ...rest } = options;
  return {
    ...rest,
    ...around,
    collectGarbage,
    listen: withTls(listen),
    connect: connectBy(tls),
    answers: { ...DEFAULT_ANSWERS, ...answers },
    requests: { maxPoem, requestTimeout, allowed },
  };
}

function proxyOptionsOfTransforms(
  settled: SettledFor<"transform-proxy">,
  around: Surroundings,
): ProxyOptions {
  return asProxyOptions(transformProxyOptions(settled, around));
}

/**
 * The second levels for the answers of a proxy.
 *
 * @param kind stands in for the name of a service that was started by flags
 */
function levelsFor(
  kind: Kind,
  { shape, options }: SettledFor<"proxy"> | SettledFor<"transform-proxy">,
  { stores, name = kind }: Surroundings,
): SecondLevels | undefined {
  return stores?.levelsOf({ service: name, shape, patience: options.fetch.timeouts.total });
}

/** A server of one poem, or of the poems in a directory. Rejects with an Error if there is nothing to serve. */
async function buildPoemServer(settled: SettledFor<"serve">, around: Surroundings): Promise<Service> {
  const { pace, requestTimeout, maxPoem } = settled.options;
  const listen = withTls(settled.options.listen);
  const { file } = settled.values;
  try {
    if ((await stat(file)).isDirectory()) {
      const memory = standardMemory(maxPoem, around);
      const library = await openLibrary(file, maxPoem, memory, around);
      return new TitleServer({ ...around, listen, pace, requestTimeout, library, memory });
    }
    const useless = ["request-timeout", "log-requests"].find((flag) => settled.isGiven(flag));
    if (useless !== undefined) {
      const name = settled.nameOf(useless);
      const text = `${name} has no effect: ${file} is a single file, which clients get without a request`;
      throw new SettingError({ flag: useless, text });
    }
    const poem = await readPoem(file, maxPoem, around);
    if (poem.length === 0) throw new Error("it is empty, which clients cannot tell from a failure");
    return new PoemServer({ ...around, listen, pace, name: file, poem });
  } catch (error) {
    if (error instanceof SettingError || error instanceof LibraryError) throw error;
    throw new Error(`Cannot serve ${file}: ${describeSystemError(error)}`, { cause: error });
  }
}

/** A transformation server. */
function buildTransformServer(settled: SettledFor<"transform-serve">, around: Surroundings): Service {
  const { maxPoem, maxAnswer, requestTimeout } = settled.options;
  const listen = withTls(settled.options.listen);
  const transformations = transformationsOf(settled, around);
  const memory = standardMemory(Math.max(maxPoem, maxAnswer), around);
  const limits = { maxPoem, maxAnswer, requestTimeout };
  return new TransformServer({ ...around, ...limits, listen, transformations, memory });
}

/**
 * The transformations that a server offers.
 *
 * @throws {SettingError} for a missing program, or a duplicate name
 */
export function transformationsOf(
  settled: SettledFor<"transform-serve">,
  { clock, secrets = [] }: Pick<Surroundings, "clock" | "secrets">,
): Transformation[] {
  const { filters, maxAnswer } = settled.options;
  const { programs, shell, timeout, maxFilters, maxQueue } = filters;
  const gate = new FetchGate(maxFilters, maxQueue);
  const own = builtIn({ clock, gate, maxOutput: maxAnswer });
  const names = new Set(own.map(({ name }) => name));
  const offered = programs.map(({ name, command: text }, index) => {
    const bad = `bad ${settled.nameOf("filter")} "${name}=${text}"`;
    const refuse = (why: string) => new SettingError({ flag: "filter", index, text: `${bad}: ${why}` });
    const words = shell ? ["/bin/sh", "-c", text] : text.trim().split(/\s+/);
    if (names.has(name)) throw refuse(`there is already a transformation called ${name}`);
    const objection = objectionToProgram(words[0] as string);
    if (objection !== undefined) throw refuse(objection);
    names.add(name);
    const made = filter(name, { timeout, maxOutput: maxAnswer, command: words, gate, clock, secrets });
    return { ...made, description: text };
  });
  return [...own, ...offered];
}

/** Names the flag in the error about a poem that is too long: the services know no flags. */
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
