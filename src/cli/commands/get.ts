import { formatAddress } from "../../net/address.ts";
import { openLog } from "../../process/open-log.ts";
import { get as settings } from "../../settings/commands.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { getSeveral, streamOne } from "../get/get-poems.ts";
import { requestOf } from "../get/get-request.ts";
import { transformOf } from "../get/get-transformed.ts";
import { FileOutput, StandardOutput } from "../get/output.ts";
import { Progress } from "../get/progress.ts";

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
  ({ values, options: { via } }) => {
    const { address: servers, timeout, output: file, "max-answer": maxAnswer, "or-plain": orPlain } = values;
    const [only, ...others] = servers;
    const log = openLog(values);
    const protocolFailed = (error: unknown) =>
      log.error(`Bug in poetry, please report it: ${String(error)}`, { event: "bug" });
    const limits = { clock, timeout, maxAnswer, protocolFailed };
    const transform = transformOf(via, limits);
    return requestOf(values).addCallbacks(
      (request) => {
        const options = { ...limits, log, request, transform, orPlain };
        if (file !== undefined) return getSeveral(servers, new FileOutput(file), options);
        if (only && others.length === 0 && !transform) return streamOne(only, new StandardOutput(), options);
        const showsProgress = process.stderr.isTTY && !values.quiet && others.length > 0;
        const progress = showsProgress
          ? new Progress(servers.map(formatAddress), clock, process.stderr)
          : undefined;
        return getSeveral(servers, new StandardOutput(), { ...options, progress });
      },
      (failure) => {
        log.error(failure.getErrorMessage(), { event: "get-failed" });
        return 1;
      },
    );
  },
);
