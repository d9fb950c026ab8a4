import { readFile, stat } from "node:fs/promises";
import { describeSystemError } from "../../net/errors.ts";
import { narrate } from "../../observe/narrate.ts";
import { openLog } from "../../process/open-log.ts";
import { runService } from "../../process/run-service.ts";
import { onStop } from "../../process/signals.ts";
import { LibraryError, PoemLibrary } from "../../services/poems/poem-library.ts";
import { PoemServer } from "../../services/poems/poem-server.ts";
import { TitleServer } from "../../services/poems/title-server.ts";
import type { Observer, Service } from "../../services/service.ts";
import { serve as settings } from "../../settings/commands.ts";
import { UsageError } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settle.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { flatListening } from "../flat-options.ts";

export default command(
  {
    name: "serve",
    description: "Serve a poem to everyone who connects, or a directory of poems by title.",
    settings,
    examples: [
      ["serve poem.txt --port 10001", "Serve one poem"],
      ["serve poetry/ --port 10001", "Serve each TITLE.txt in poetry/ to clients that send its TITLE"],
      [
        "serve poem.txt --port 10001 --delay 0.7s --num-bytes 10",
        "Serve it slowly: 10 bytes each 0.7 seconds",
      ],
    ],
  },
  async (settled) => {
    const { file, "drain-timeout": drainTimeout } = settled.values;
    const log = openLog(settled.values);
    const server = await serverFor(settled, narrate(log)).catch((error: unknown) => {
      if (error instanceof UsageError) throw error;
      const isInside = error instanceof LibraryError;
      const message = isInside ? error.message : `Cannot serve ${file}: ${describeSystemError(error)}`;
      log.error(message, { event: "start-failed" });
    });
    if (!server) return 1;
    return runService(server, { clock, log, drainTimeout, onStop });
  },
);

async function serverFor(settled: Settled<typeof settings>, observer: Observer): Promise<Service> {
  const { options, values } = settled;
  const { pace, requestTimeout } = options;
  const { file } = values;
  const common = { ...flatListening(options), ...pace, clock, observer };
  if ((await stat(file)).isDirectory())
    return new TitleServer({ ...common, requestTimeout, library: await openLibrary(file, observer) });
  if (settled.isGiven("request-timeout"))
    throw new UsageError(`--request-timeout has no effect: ${file} is a file, and nobody asks for its title`);
  const poem = await readFile(file);
  if (poem.length === 0) throw new Error("it is empty, which clients cannot tell from a failure");
  return new PoemServer({ ...common, name: file, poem });
}

async function openLibrary(directory: string, observer: Observer): Promise<PoemLibrary> {
  const skipped = (file: string, reason: string) => observer({ what: "skipped", file, reason });
  const library = new PoemLibrary({ directory, clock, skipped });
  const titles = await library.titles();
  if (titles.length === 0) throw new Error("it contains no TITLE.txt files");
  return library;
}
