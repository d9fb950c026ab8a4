import { narrate } from "../../observe/narrate.ts";
import { openLog } from "../../process/open-log.ts";
import { runService } from "../../process/run-service.ts";
import { onStop } from "../../process/signals.ts";
import { TransformProxy } from "../../services/transform/transform-proxy.ts";
import { transformProxy as settings } from "../../settings/commands.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { flatFetching, flatListening } from "../flat-options.ts";

export default command(
  {
    name: "transform-proxy",
    description: "Cache another server's transformations, so that each is done only once.",
    settings,
    examples: [
      ["transform-proxy 11000 --port 11001", "Cache what the server on port 11000 does"],
      ["transform-proxy 11000 --port 11001 --transforms shout,rot13", "Let clients ask for these two only"],
    ],
  },
  ({ values, options }) => {
    const { allowed, maxPoem, requestTimeout } = options;
    const log = openLog(values);
    const proxy = new TransformProxy({
      ...flatListening(options),
      ...flatFetching(options),
      ttlFor: [],
      acceptsEmpty: false,
      allowed,
      maxPoem,
      requestTimeout,
      clock,
      observer: narrate(log),
    });
    return runService(proxy, { clock, log, drainTimeout: values["drain-timeout"], onStop });
  },
);
