import { transformationsOf } from "../../process/build.ts";
import type { Transformation } from "../../services/transform/transformation.ts";
import { transformServe as settings } from "../../settings/commands.ts";
import { systemClock as clock } from "../../time/clock.ts";
import { command } from "../command.ts";
import { print } from "../print.ts";
import { runOrPrint } from "../run-or-print.ts";

/** `poetry transform-serve`. With --list it only prints, and needs no port. */
export default command(
  {
    name: "transform-serve",
    description: "Transform a poem for everyone who sends one.",
    settings,
    examples: [
      ["transform-serve --port 11000", "Offer the built-in transformations"],
      ["transform-serve --port 11000 --filter 'upper=tr a-z A-Z'", "Also offer a program, called upper"],
      ["transform-serve --list", "List the transformations"],
    ],
  },
  (settled) => {
    if (!settled.values.list) return runOrPrint("transform-serve", settled);
    return list(transformationsOf(settled, { clock }));
  },
);

/** Prints the transformations, one per line. Returns the exit code. */
function list(transformations: readonly Transformation[]): Promise<number> {
  const width = Math.max(...transformations.map(({ name }) => name.length));
  const lines = transformations.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`);
  return print(1, lines.join(""));
}
