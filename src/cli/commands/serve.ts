import { stat } from "node:fs/promises";
import { systemClock as clock } from "../../time/clock.ts";
import { describeSystemError } from "../../net/errors.ts";
import type { Log } from "../../observe/log.ts";
import { narrate } from "../../observe/narrate.ts";
import { LibraryError, PoemLibrary } from "../../services/poems/poem-library.ts";
import { PoemServer } from "../../services/poems/poem-server.ts";
import { FileTooLongError, readOnce } from "../../services/poems/read-once.ts";
import type { Observer, Service } from "../../services/service.ts";
import { TitleServer } from "../../services/poems/title-server.ts";
import { option, positional, type Values } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../../process/open-log.ts";
import { requestArgs } from "../request-args.ts";
import { runService } from "../../process/run-service.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../../process/signals.ts";
import { count, finiteDuration, nonEmpty, positiveSize } from "../../settings/units.ts";

const args = {
  file: positional(
    "The poem: any file, read once at the start; or a directory, whose TITLE.txt files are served by title, as they are when asked for",
    nonEmpty,
  ),
  ...listenArgs,
  delay: option({
    hint: "DURATION",
    default: "0",
    description: "Pause between two pieces of the poem; 0: send it at once",
    parse: finiteDuration,
  }),
  "num-bytes": option({
    hint: "N",
    default: "10",
    description: "With --delay, how many bytes make a piece",
    parse: count,
  }),
  "max-poem": option({
    hint: "SIZE",
    default: "64MiB",
    description: "The longest poem to serve",
    parse: positiveSize,
  }),
  "request-timeout": requestArgs["request-timeout"],
  ...commonArgs,
};

export default command(
  "serve",
  "Serve a poem to everyone who connects, or a directory of poems by title.",
  args,
  async (given) => {
    const log = openLog(given);
    const server = await serverFor(given, narrate(log), log).catch((error: unknown) => {
      const isInside = error instanceof LibraryError;
      const message = isInside ? error.message : `Cannot serve ${given.file}: ${describeSystemError(error)}`;
      log.error(message, { event: "start-failed" });
    });
    if (!server) return 1;
    return runService(server, { clock, log, drainTimeout: given["drain-timeout"], onStop });
  },
);

async function serverFor(given: Values<typeof args>, observer: Observer, log: Log): Promise<Service> {
  const { file, "request-timeout": requestTimeout } = given;
  const options = {
    ...listenOptions(given),
    delay: given.delay,
    numBytes: given["num-bytes"],
    clock,
    observer,
  };
  if ((await stat(file)).isDirectory()) {
    return new TitleServer({ ...options, requestTimeout, library: await openLibrary(given, observer) });
  }
  return new PoemServer({ ...options, name: file, poem: await readPoem(given, log) });
}

async function readPoem({ file, "max-poem": limit }: Values<typeof args>, log: Log): Promise<Uint8Array> {
  const waiting = () => log.info(`Waiting for the end of ${file}.`, { event: "waiting" });
  const poem = await readOnce(file, { clock, limit, waiting }).catch((error: unknown) => {
    throw error instanceof FileTooLongError ? new Error(`${error.message}, the limit of --max-poem`) : error;
  });
  if (poem.length === 0) throw new Error("it is empty, and no client could tell that from a failure");
  return poem;
}

async function openLibrary(given: Values<typeof args>, observer: Observer): Promise<PoemLibrary> {
  const skipped = (file: string, reason: string) => observer({ what: "skipped", file, reason });
  const library = new PoemLibrary({ directory: given.file, maxPoem: given["max-poem"], clock, skipped });
  if ((await library.list()).titles === 0) throw new Error("no file in it is a poem, called TITLE.txt");
  return library;
}
