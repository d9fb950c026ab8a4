/** A place in a text; lines and columns start at 1, columns count UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A function that finds the place of an offset in `text`, by binary search over the starts of its lines. */
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
