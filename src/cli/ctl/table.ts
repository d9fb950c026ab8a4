import ms from "ms";

/** A table of text: columns as wide as their longest cell, numbers aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const isNumber = head.map((_, column) => rows.every((row) => /^[-\d]/.test(row[column] ?? "-")));
  return all
    .map((row) =>
      row.map((cell, column) => {
        const width = widths[column] as number;
        return isNumber[column] ? cell.padStart(width) : cell.padEnd(width);
      }),
    )
    .map((cells) => `${cells.join("  ").trimEnd()}\n`)
    .join("");
}

/** Seconds as `350ms`, `12s`, `3h`; "inf" for null, because JSON has no Infinity; "-" if there are none. */
export function time(seconds: number | null | undefined): string {
  if (seconds === undefined) return "-";
  return seconds === null ? "inf" : ms(Math.round(seconds * 1000));
}

/** A ratio as `94.1 %`; "-" if there is none. */
export function percent(ratio: number | undefined): string {
  return ratio === undefined ? "-" : `${(100 * ratio).toFixed(1)} %`;
}
