import { readFile, stat } from "node:fs/promises";
import { systemClock as clock } from "../../time/clock.ts";
import { describeSystemError } from "../../net/errors.ts";
import { observerOf } from "../../observe/observer-of.ts";
import { LibraryError, PoemLibrary } from "../../services/poems/poem-library.ts";
import { PoemServer } from "../../services/poems/poem-server.ts";
import type { Events } from "../../observe/events.ts";
import type { Observer } from "../../services/observer.ts";
import type { Service } from "../../services/service.ts";
import { TitleServer } from "../../services/poems/title-server.ts";
import { option, positional, type Values } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../../process/open-log.ts";
import { requestArgs } from "../request-args.ts";
import { runService } from "../../process/stop.ts";
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
    const observer = observerOf(openLog(given));
    const server = await serverFor(given, observer).catch((error: unknown) => {
      const isInside = error instanceof LibraryError;
      observer.startFailed(isInside ? error : `Cannot serve ${given.file}: ${describeSystemError(error)}`);
    });
    if (!server) return 1;
    return runService(server, { clock, observer, drainTimeout: given["drain-timeout"], onStop });
  },
);

async function serverFor(given: Values<typeof args>, observer: Observer<Events>): Promise<Service> {
  const { file, "request-timeout": requestTimeout } = given;
  const options = {
    ...listenOptions(given),
    pace: { delay: given.delay, numBytes: given["num-bytes"] },
    clock,
    observer,
    needsPeers: given.verbose || given.log === "json",
  };
  if ((await stat(file)).isDirectory()) {
    return new TitleServer({ ...options, requestTimeout, library: await openLibrary(file, observer) });
  }
  const poem = await readFile(file);
  if (poem.length === 0) throw new Error("it is empty, and no client could tell that from a failure");
  return new PoemServer({ ...options, name: file, poem });
}

async function openLibrary(directory: string, observer: Observer<Events>): Promise<PoemLibrary> {
  const skipped = (file: string, reason: string) => observer.skipped({ file, reason });
  const library = new PoemLibrary({ directory, clock, skipped });
  const titles = await library.titles();
  if (titles.length === 0) throw new Error("no file in it is a poem, called TITLE.txt");
  return library;
}
