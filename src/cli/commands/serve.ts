import { readFile, stat } from "node:fs/promises";
import { systemClock as clock } from "../../time/clock.ts";
import { describeSystemError } from "../../net/errors.ts";
import { narrate } from "../../observe/narrate.ts";
import { LibraryError, PoemLibrary } from "../../services/poems/poem-library.ts";
import { PoemServer } from "../../services/poems/poem-server.ts";
import type { Observer, Service } from "../../services/service.ts";
import { TitleServer } from "../../services/poems/title-server.ts";
import { option, positional, type Values } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../../process/open-log.ts";
import { requestArgs } from "../request-args.ts";
import { runService } from "../../process/run-service.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../../process/signals.ts";
import { count, finiteDuration, nonEmpty } from "../../settings/units.ts";

const args = {
  file: positional(
    "The poem: any file; or a directory, to serve each TITLE.txt in it to who asks for TITLE",
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
  "request-timeout": requestArgs["request-timeout"],
  ...commonArgs,
};

export default command(
  "serve",
  "Serve a poem to everyone who connects, or a directory of poems by title.",
  args,
  async (given) => {
    const log = openLog(given);
    const server = await serverFor(given, narrate(log)).catch((error: unknown) => {
      const isInside = error instanceof LibraryError;
      const message = isInside ? error.message : `Cannot serve ${given.file}: ${describeSystemError(error)}`;
      log.error(message, { event: "start-failed" });
    });
    if (!server) return 1;
    return runService(server, { clock, log, drainTimeout: given["drain-timeout"], onStop });
  },
);

async function serverFor(given: Values<typeof args>, observer: Observer): Promise<Service> {
  const { file, "request-timeout": requestTimeout } = given;
  const options = {
    ...listenOptions(given),
    delay: given.delay,
    numBytes: given["num-bytes"],
    clock,
    observer,
  };
  if ((await stat(file)).isDirectory()) {
    return new TitleServer({ ...options, requestTimeout, library: await openLibrary(file, observer) });
  }
  const poem = await readFile(file);
  if (poem.length === 0) throw new Error("it is empty, and no client could tell that from a failure");
  return new PoemServer({ ...options, name: file, poem });
}

async function openLibrary(directory: string, observer: Observer): Promise<PoemLibrary> {
  const skipped = (file: string, reason: string) => observer({ what: "skipped", file, reason });
  const library = new PoemLibrary({ directory, clock, skipped });
  const titles = await library.titles();
  if (titles.length === 0) throw new Error("no file in it is a poem, called TITLE.txt");
  return library;
}
