import type { Clock } from "../time/clock.ts";
import type { FetchGate } from "../services/fetch/gate.ts";
import { filter } from "../services/transform/filter.ts";
import { isTransformName, type Transformation } from "../services/transform/transformation.ts";
import { option, options, toggle, UsageError, type Values } from "./args.ts";
import { fetchArgs } from "./fetch-args.ts";
import { count, duration } from "../settings/units.ts";

/** A filter as it was asked for. */
interface FilterSpec {
  readonly name: string;
  readonly command: string;
}

/** Programs that transform poems, and what each run may take. */
export const filterArgs = {
  filter: options({
    hint: "NAME=COMMAND",
    description: "Offer a program that reads the poem and prints the answer; may be repeated",
    parse: filterSpec,
  }),
  shell: toggle("Run the COMMANDs of --filter by sh -c; else their words are taken as they are"),
  "filter-timeout": option({
    hint: "DURATION",
    default: "10s",
    description: "How long a filter may run before it is killed; 0: no limit",
    parse: duration,
  }),
  "max-filters": option({
    hint: "N",
    default: "16",
    description: "How many transformations may run at a time, filters or built-in ones",
    parse: count,
  }),
  "max-queue": fetchArgs["max-queue"],
  "max-answer": fetchArgs["max-answer"],
};

/**
 * The filters that the flags ask for.
 *
 * @throws {UsageError} for a program that is not there, or a name that is taken
 */
export function filtersOf(
  given: Values<typeof filterArgs>,
  taken: readonly Transformation[],
  shared: { readonly clock: Clock; readonly gate: FetchGate },
): Transformation[] {
  const names = new Set(taken.map(({ name }) => name));
  return given.filter.map(({ name, command }) => {
    const refuse = (why: string) => new UsageError(`Bad --filter "${name}=${command}": ${why}`);
    const words = given.shell ? ["/bin/sh", "-c", command] : command.trim().split(/\s+/);
    if (names.has(name)) throw refuse(`there is another transformation called ${name}`);
    if (!Bun.which(words[0] as string)) throw refuse(`there is no program called ${words[0]}`);
    names.add(name);
    const limits = { timeout: given["filter-timeout"], maxOutput: given["max-answer"] };
    return { ...filter(name, { ...limits, ...shared, command: words }), description: command };
  });
}

function filterSpec(text: string): FilterSpec {
  const at = text.indexOf("=");
  const [name, command] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (isTransformName(name) && command.trim() !== "") return { name, command };
  throw new SyntaxError("expected NAME=COMMAND, with a NAME of letters, digits, - and _");
}
