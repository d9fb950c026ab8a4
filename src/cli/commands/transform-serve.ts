import { systemClock as clock } from "../../time/clock.ts";
import { succeed } from "../../deferred/mod.ts";
import { narrate } from "../../observe/narrate.ts";
import { TransformServer } from "../../services/transform/transform-server.ts";
import { builtIn } from "../../services/transform/built-in.ts";
import { FetchGate } from "../../services/fetch/gate.ts";
import { toggle } from "../args.ts";
import { command } from "../command.ts";
import { filterArgs, filtersOf } from "../filter-args.ts";
import { openLog } from "../../process/open-log.ts";
import { print } from "../print.ts";
import { runService } from "../../process/run-service.ts";
import { commonArgs, listenArgs, listenOptions } from "../shared-args.ts";
import { onStop } from "../../process/signals.ts";
import { transformArgs } from "../transform-args.ts";

const args = {
  ...listenArgs,
  list: toggle("Print the transformations, and listen to nobody"),
  ...filterArgs,
  ...transformArgs,
  ...commonArgs,
};

export default command("transform-serve", "Transform a poem for everyone who sends one.", args, (given) => {
  const shared = { clock, gate: new FetchGate(given["max-filters"], given["max-queue"]) };
  const own = builtIn({ ...shared, maxOutput: given["max-answer"] });
  const transformations = [...own, ...filtersOf(given, own, shared)];
  if (given.list) {
    const width = Math.max(...transformations.map(({ name }) => name.length));
    const lines = transformations.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`);
    print(1, lines.join(""));
    return succeed(0);
  }
  const log = openLog(given);
  const server = new TransformServer({
    transformations,
    ...listenOptions(given),
    maxPoem: given["max-request"],
    maxAnswer: given["max-answer"],
    requestTimeout: given["request-timeout"],
    clock,
    observer: narrate(log),
  });
  return runService(server, { clock, log, drainTimeout: given["drain-timeout"], onStop });
});
