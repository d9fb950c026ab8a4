import { succeed } from "../../deferred/mod.ts";
import { narrate } from "../../observe/narrate.ts";
import { openLog } from "../../process/open-log.ts";
import { runService } from "../../process/run-service.ts";
import { onStop } from "../../process/signals.ts";
import { FetchGate } from "../../services/fetch/gate.ts";
import { BUILT_IN } from "../../services/transform/built-in.ts";
import { filter, isProgram } from "../../services/transform/filter.ts";
import type { Transformation } from "../../services/transform/transformation.ts";
import { TransformServer } from "../../services/transform/transform-server.ts";
import { transformServe as settings } from "../../settings/commands.ts";
import { UsageError } from "../../settings/setting.ts";
import type { Options } from "../../settings/settle.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { flatListening } from "../flat-options.ts";
import { print } from "../print.ts";

export default command(
  {
    name: "transform-serve",
    description: "Transform a poem for everyone who sends one.",
    settings,
    examples: [
      ["transform-serve --port 11000", "Offer the transformations that are built in"],
      ["transform-serve --port 11000 --filter 'upper=tr a-z A-Z'", "Offer a program as well, called upper"],
      ["transform-serve --list", "List the transformations"],
    ],
  },
  ({ values, options }) => {
    const transformations = [...BUILT_IN, ...filtersOf(options)];
    if (values.list) {
      list(transformations);
      return succeed(0);
    }
    const { maxPoem, maxAnswer, requestTimeout } = options;
    const log = openLog(values);
    const server = new TransformServer({
      transformations,
      ...flatListening(options),
      maxPoem,
      maxAnswer,
      requestTimeout,
      clock,
      observer: narrate(log),
    });
    return runService(server, { clock, log, drainTimeout: values["drain-timeout"], onStop });
  },
);

/** @throws {UsageError} for a program that is not there, or a name that is taken */
function filtersOf({ filters, maxAnswer }: Options<typeof settings>): Transformation[] {
  const { programs, shell, timeout, maxFilters, maxQueue } = filters;
  const names = new Set(BUILT_IN.map(({ name }) => name));
  const gate = new FetchGate(maxFilters, maxQueue);
  return programs.map(({ name, command: text }) => {
    const refuse = (why: string) => new UsageError(`Bad --filter "${name}=${text}": ${why}`);
    const words = shell ? ["/bin/sh", "-c", text] : text.trim().split(/\s+/);
    if (names.has(name)) throw refuse(`there is another transformation called ${name}`);
    if (!isProgram(words[0] as string)) throw refuse(`there is no program called ${words[0]}`);
    names.add(name);
    const made = filter(name, { timeout, maxOutput: maxAnswer, command: words, gate, clock });
    return { ...made, description: text };
  });
}

function list(transformations: readonly Transformation[]): void {
  const width = Math.max(...transformations.map(({ name }) => name.length));
  const lines = transformations.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`);
  print(1, lines.join(""));
}
