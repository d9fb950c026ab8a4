import type { Violation } from "./rules.ts";
import type { Source } from "./source.ts";

/** The files of src that each file of src imports, types included. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

export function graphOf(sources: readonly Source[]): Map<string, Set<string>> {
  const files = new Set(sources.map(({ path }) => path));
  const targets = ({ imports }: Source) =>
    imports.map(({ target }) => target).filter((each) => files.has(each));
  return new Map(sources.map((source) => [source.path, new Set(targets(source))]));
}

/** The import circles; each file that is part of one is named in one of them. */
export function circles(graph: Graph): Violation[] {
  const seen = new Set<string>();
  return [...graph.keys()].toSorted().flatMap((file) => {
    const round = seen.has(file) ? undefined : wayTo(graph, file, file);
    if (!round) return [];
    for (const each of round) seen.add(each);
    const text = `${file}: import circle: ${[file, ...round].join(" → ")}`;
    return [{ file, target: round[0] as string, text }];
  });
}

/** The shortest path of imports from one file to another, without the first; `undefined` if there is none. */
export function wayTo(graph: Graph, from: string, to: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [from];
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      if (next !== to) queue.push(next);
      else return wayBack(cameFrom, from, to);
    }
  }
  return undefined;
}

function wayBack(cameFrom: ReadonlyMap<string, string>, from: string, to: string): string[] {
  const way = [to];
  for (let file = cameFrom.get(to); file !== undefined && file !== from; file = cameFrom.get(file))
    way.unshift(file);
  return way;
}
