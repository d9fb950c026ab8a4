import { isTransformName } from "../../protocols/transform.ts";
import { flag, group, list, setting } from "../setting.ts";
import { count, countOrZero, duration } from "../units.ts";

/** Programs that transform poems, and the limits on running them. */
export const filters = group("Filters", {
  filter: list({
    hint: "NAME=COMMAND",
    sets: "filters.programs",
    page: "transformations",
    parse: program,
    help: "Offer a program that reads the poem on standard input and prints the result; may be repeated",
  }),
  shell: flag({
    sets: "filters.shell",
    help: "Run the COMMANDs of --filter with sh -c; otherwise they are split at blanks and run directly",
  }),
  "filter-timeout": setting({
    hint: "DURATION",
    default: "10s",
    sets: "filters.timeout",
    parse: duration,
    help: "How long a filter may run before it is killed; 0: no limit",
  }),
  "max-filters": setting({
    hint: "N",
    default: "16",
    sets: "filters.maxFilters",
    parse: count,
    help: "How many transformations may run at once, filters and built-in ones together",
  }),
  "max-queue": setting({
    hint: "N",
    default: "1024",
    sets: "filters.maxQueue",
    parse: countOrZero,
    help: "How many may queue beyond that; further ones fail immediately",
  }),
});

/** `NAME=COMMAND`; the name is what clients ask for. */
function program(text: string): { readonly name: string; readonly command: string } {
  const at = text.indexOf("=");
  const [name, command] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (isTransformName(name) && command.trim() !== "") return { name, command };
  throw new SyntaxError("expected NAME=COMMAND, with a NAME of letters, digits, - and _");
}
