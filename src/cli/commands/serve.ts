import { readFile } from "node:fs/promises";
import { systemClock as clock } from "../../clock.ts";
import { describeSystemError } from "../../net/errors.ts";
import { narrate } from "../../observe/narrate.ts";
import { PoemServer } from "../../services/poem-server.ts";
import { option, positional } from "../args.ts";
import { command } from "../command.ts";
import { openLog } from "../open-log.ts";
import { runService } from "../run-service.ts";
import { commonArgs, listenArgs } from "../shared-args.ts";
import { onStop } from "../signals.ts";
import { count, finiteDuration, nonEmpty } from "../units.ts";

const args = {
  file: positional("The poem: any file", nonEmpty),
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
  ...commonArgs,
};

export default command("serve", "Serve a poem to everyone who connects.", args, async (given) => {
  const log = openLog(given);
  const { file } = given;
  const poem = await readFile(file).catch((error: unknown) => {
    log.error(`Cannot serve ${file}: ${describeSystemError(error)}`, { event: "start-failed" });
  });
  if (!poem) return 1;
  if (poem.length === 0) {
    log.error(`Cannot serve ${file}: it is empty, and no client could tell that from a failure`, {
      event: "start-failed",
    });
    return 1;
  }
  const server = new PoemServer({
    name: file,
    poem,
    address: given,
    maxClients: given["max-clients"],
    maxClientsPerIp: given["max-clients-per-ip"],
    delay: given.delay,
    numBytes: given["num-bytes"],
    clock,
    observer: narrate(log),
  });
  return runService(server, { clock, log, drainTimeout: given["drain-timeout"], onStop });
});
