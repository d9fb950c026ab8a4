import { isatty } from "node:tty";
import { systemClock as clock } from "../../time/clock.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import { option, positionals } from "../args.ts";
import { command } from "../command.ts";
import { getSeveral, streamOne } from "../get/get-poems.ts";
import { logWriter, openLog } from "../../process/open-log.ts";
import { FileOutput, StandardOutput } from "../get/output.ts";
import { LogTerminal, Progress } from "../get/progress.ts";
import { sayArgs, requestOf } from "../get/get-request.ts";
import { transformedArgs, transformOf } from "../get/get-transformed.ts";
import { commonArgs } from "../shared-args.ts";
import { duration, nonEmpty, positiveSize } from "../../settings/units.ts";

const args = {
  address: positionals("The servers: PORT, HOST:PORT or [IPV6]:PORT", parseAddress),
  ...sayArgs,
  ...transformedArgs,
  timeout: option({
    hint: "DURATION",
    default: "10m",
    description: "How long a poem may take as a whole; 0: no limit",
    parse: duration,
  }),
  output: option({
    hint: "FILE",
    alias: "o",
    description: "Write to FILE instead of standard output, and only if every poem came",
    parse: nonEmpty,
  }),
  "max-answer": option({
    hint: "SIZE",
    default: "64MiB",
    description: "The longest poem to hold, with several servers, --transform or --output",
    parse: positiveSize,
  }),
  ...commonArgs,
};

export default command(
  "get",
  "Get poems: one as it arrives, several in the order of the servers.",
  args,
  (given) => {
    const { address: servers, timeout, output: file } = given;
    const [only, ...others] = servers;
    const log = openLog(given, { folds: false }); // A line for each poem that did not come.
    const protocolFailed = (error: unknown) =>
      log.error(`Bug in poetry, please report it: ${String(error)}`, { event: "bug" });
    const limits = { clock, timeout, maxAnswer: given["max-answer"], protocolFailed };
    const transform = transformOf(given, limits);
    return requestOf(given).addCallbacks(
      (request) => {
        const options = { ...limits, log, request, transform, orPlain: given["or-plain"] };
        if (file !== undefined) return getSeveral(servers, new FileOutput(file), options);
        if (only && others.length === 0 && !transform) return streamOne(only, new StandardOutput(), options);
        const showsProgress = others.length > 0 && !given.quiet && isatty(2);
        const progress = showsProgress
          ? new Progress(servers.map(formatAddress), clock, new LogTerminal(logWriter()))
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
