/** A number that the project promises, and its present value. */
export interface Figure {
  readonly what: string;
  /** The most that it may be; `undefined`: for information only. */
  readonly goal: number | undefined;
  /** `undefined`: could not be measured here, for the reason in `note`. */
  readonly measured: number | undefined;
  readonly unit: string;
  readonly note?: string;
}

/** Prints figures as a table; returns whether all measured ones meet their goals. */
export function printFigures(figures: readonly Figure[]): boolean {
  const rows = figures.map(({ what, goal, measured, unit, note }) => [
    what,
    goal === undefined ? "" : `<= ${goal}${unit}`,
    measured === undefined ? "" : `${round(measured)}${unit}`,
    measured === undefined ? "not measured" : goal === undefined ? "" : measured <= goal ? "met" : "MISSED",
    note ?? "",
  ]);
  printTable([["", "goal", "measured", "", ""], ...rows]);
  return figures.every(({ goal = Infinity, measured = 0 }) => measured <= goal);
}

/** Prints rows with their columns aligned. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  process.stdout.write(`${lines.map((line) => line.trimEnd()).join("\n")}\n\n`);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Rounds to three significant digits, or to a whole number. */
export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
