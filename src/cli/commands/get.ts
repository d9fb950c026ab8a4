import { systemClock as clock } from "../../time/clock.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import { option, positionals, toggle } from "../args.ts";
import { command } from "../command.ts";
import { getSeveral, streamOne } from "../get/get-poems.ts";
import { openLog } from "../../process/open-log.ts";
import { FileOutput } from "../get/file-output.ts";
import { StandardOutput } from "../get/output.ts";
import { Progress } from "../get/progress.ts";
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
    description: "Write to FILE, only if every poem came and there is room for all; -: standard output",
    parse: nonEmpty,
  }),
  "raw-output": toggle(
    "Let control characters of the answer through to a terminal; else they are shown, as \\x1b",
  ),
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
    const log = openLog(given);
    const protocolFailed = (error: unknown) =>
      log.error(`Bug in poetry, please report it: ${String(error)}`, { event: "bug" });
    const limits = { clock, timeout, maxAnswer: given["max-answer"], protocolFailed };
    const transform = transformOf(given, limits);
    return requestOf(given).addCallbacks(
      (request) => {
        const options = { ...limits, log, request, transform, orPlain: given["or-plain"] };
        if (file !== undefined && file !== "-") return getSeveral(servers, new FileOutput(file), options);
        const output = new StandardOutput(given["raw-output"]);
        if (only && others.length === 0 && !transform) return streamOne(only, output, options);
        const showsProgress = canRedraw() && !given.quiet && others.length > 0;
        const progress = showsProgress
          ? new Progress(servers.map(formatAddress), clock, process.stderr, process.stdout.isTTY)
          : undefined;
        return getSeveral(servers, output, { ...options, progress });
      },
      (failure) => {
        log.error(failure.getErrorMessage(), { event: "get-failed" });
        return 1;
      },
    );
  },
);

/** Whether there is a terminal to tell of progress, and it can put its cursor up. */
function canRedraw(): boolean {
  const { TERM = "dumb" } = process.env;
  return process.stderr.isTTY && TERM !== "dumb";
}
