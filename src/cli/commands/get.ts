import { isatty } from "node:tty";
import { formatAddress } from "../../net/address.ts";
import { observerOf } from "../../observe/observer-of.ts";
import { logWriter, openLog } from "../../process/open-log.ts";
import { connectBy } from "../../process/tls.ts";
import { get as settings } from "../../settings/commands.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { getSeveral, streamOne } from "../get/get-poems.ts";
import { requestOf } from "../get/get-request.ts";
import { transformOf } from "../get/get-transformed.ts";
import { FileOutput } from "../get/file-output.ts";
import { StandardOutput } from "../get/output.ts";
import { LogTerminal, Progress } from "../get/progress.ts";

/**
 * `poetry get`. A single poem is streamed to standard output; with several servers, --transform or --output, poems are
 * buffered first, so that none is printed in part. Exit code 1: a poem is missing or could not be written.
 */
export default command(
  {
    name: "get",
    description: "Fetch one poem (printed as it arrives) or several (printed in the order given).",
    settings,
    examples: [
      ["get 10000", "Print the poem of the server on port 10000"],
      ["get 10001 10002 otherhost:10003", "Fetch three poems at once, and print them in this order"],
      ["get 10001 --request ecstasy --output ecstasy.txt", "Fetch a poem by its title, into a file"],
    ],
  },
  ({ values, options: { via, tls } }) => {
    const { address: servers, timeout, "max-answer": maxAnswer, "or-plain": orPlain } = values;
    const file = values.output === "-" ? undefined : values.output;
    const [only, ...others] = servers;
    const observer = observerOf(openLog(values, { folds: false })); // Each failed poem has its own line.
    const limits = { clock, timeout, maxAnswer, protocolFailed: (error: unknown) => observer.bug(error) };
    const prepared = requestOf(values).addCallback((request) => ({
      request,
      connect: connectBy(tls),
      transform: transformOf(via, { ...limits, connect: connectBy(via.tls) }),
    }));
    return prepared.addCallbacks(
      ({ request, connect, transform }) => {
        const options = { ...limits, observer, request, connect, transform, orPlain };
        if (file !== undefined) return getSeveral(servers, new FileOutput(file), options);
        const output = new StandardOutput(values["raw-output"]);
        if (only && others.length === 0 && !transform) return streamOne(only, output, options);
        const showsProgress = others.length > 0 && !values.quiet && canRedraw();
        const progress = showsProgress
          ? new Progress(servers.map(formatAddress), clock, new LogTerminal(logWriter()), isatty(1))
          : undefined;
        return getSeveral(servers, output, { ...options, progress });
      },
      ({ value }) => {
        observer.getFailed(value);
        return 1;
      },
    );
  },
);

/** Whether standard error is a terminal that can move its cursor up, to show progress. */
function canRedraw(): boolean {
  const { TERM = "dumb" } = process.env;
  return isatty(2) && TERM !== "dumb";
}
