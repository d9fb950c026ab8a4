import { everyCommand } from "../../src/cli/catalogue.ts";

/** The flags of each command, with their dashes, sorted: both names of those that have two. */
export const FLAGS: ReadonlyMap<string, { readonly long: string[]; readonly short: string[] }> = new Map(
  (await everyCommand()).map(({ name, settings }) => {
    const flags = Object.values(settings).filter(({ kind }) => !kind.startsWith("positional"));
    const names = flags.flatMap(({ flag, alias }) => (alias === undefined ? [flag] : [flag, alias]));
    const long = names.filter((each) => each.length > 1).map((each) => `--${each}`);
    const short = names.filter((each) => each.length === 1).map((each) => `-${each}`);
    return [name, { long: long.toSorted(), short: short.toSorted() }];
  }),
);
