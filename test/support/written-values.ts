/** Keys that the writer of test/support/store-writer.ts uses. */
export const WRITTEN_KEYS = 40;

/** The value of fetch `number` of `key`: its length depends on both, and its bytes are unique. */
export function valueOf(key: string, number: number): string {
  const length = (number * 7919) % 20_000;
  const head = `${key}|${number}|`;
  return head.padEnd(head.length + length, head);
}

/** The number of the fetch that `value` came from; undefined: from none. */
export function numberOf(key: string, value: string): number | undefined {
  const number = Number(value.split("|")[1]);
  return value === valueOf(key, number) ? number : undefined;
}
