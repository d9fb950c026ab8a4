/** A place in a file; lines and columns begin with 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Finds the place of an offset in `text`. */
export function placeFinder(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [first, last] = [0, starts.length - 1];
    while (first < last) {
      const middle = (first + last + 1) >>> 1;
      if ((starts[middle] as number) <= offset) first = middle;
      else last = middle - 1;
    }
    return { line: first + 1, column: offset - (starts[first] as number) + 1 };
  };
}
