/** Keys that the writer of test/support/store-writer.ts uses. */
export const WRITTEN_KEYS = 40;

/** What fetch `number` of `key` gives: a length that depends on both, and bytes that no other has. */
export function valueOf(key: string, number: number): string {
  const length = (number * 7919) % 20_000;
  const head = `${key}|${number}|`;
  return head.padEnd(head.length + length, head);
}

/** The number of the fetch that gave `value`; undefined: none ever did. */
export function numberOf(key: string, value: string): number | undefined {
  const number = Number(value.split("|")[1]);
  return value === valueOf(key, number) ? number : undefined;
}
