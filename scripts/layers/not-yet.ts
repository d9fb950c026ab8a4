import { circles, wayTo, type Graph } from "./circles.ts";
import type { Violation } from "./rules.ts";

/** A file, and a target that it uses although it may not. */
export interface Debt {
  readonly file: string;
  readonly target: string;
}

/**
 * Known violations, still to be fixed. An entry that is no longer needed fails the check, too, so that the list
 * shrinks.
 */
export const NOT_YET: readonly Debt[] = [];

/** The violations that are not listed as debts, and the debts that no longer exist. */
export function settle(
  violations: readonly Violation[],
  graph: Graph,
  debts: readonly Debt[] = NOT_YET,
): Violation[] {
  const isOwed = ({ file, target }: Violation) =>
    debts.some((debt) => debt.file === file && debt.target === target);
  const paid = debts.filter((debt) => {
    const isBroken = violations.some(({ file, target }) => file === debt.file && target === debt.target);
    const others = debts.filter((each) => each !== debt);
    return !isBroken && !wayTo(without(graph, others), debt.target, debt.file);
  });
  return [
    ...violations.filter((each) => !isOwed(each)),
    ...circles(without(graph, debts)),
    ...paid.map(({ file, target }) => ({
      file,
      target,
      text: `${file}: ${target} is mended: delete the entry from NOT_YET in scripts/layers/not-yet.ts`,
    })),
  ];
}

function without(graph: Graph, debts: readonly Debt[]): Graph {
  return new Map(
    Array.from(graph, ([file, targets]) => {
      const owed = new Set(debts.filter((debt) => debt.file === file).map(({ target }) => target));
      return [file, targets.difference(owed)];
    }),
  );
}
