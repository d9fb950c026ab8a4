import { ipv4Bits, ipv6Words } from "./ip.ts";

/** A range of addresses, such as 10.0.0.0/8, and whether they are admitted. */
export interface Range {
  /** As it was written. */
  readonly text: string;
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  readonly isAllowed: boolean;
}

/** IPv4 addresses as IPv6 sockets show them: ::ffff:0:0/96. */
const MAPPED = 0xffffn << 32n;

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; with a `!` in front, these addresses are kept out.
 *
 * @throws {SyntaxError} for anything else, saying what was expected
 */
export function parseRange(text: string): Range {
  const match = /^(!?)([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  if (!match) throw new SyntaxError(EXPECTED);
  const [, mark, address = "", length] = match;
  const parsed = parseBits(address);
  if (!parsed) throw new SyntaxError(`${EXPECTED}; "${address}" is not an address`);
  const { family, bits } = parsed;
  const width = family === 4 ? 32 : 128;
  const prefix = length === undefined ? width : Number(length);
  if (prefix > width)
    throw new SyntaxError(`expected at most ${width} bits after the / of an IPv${family} address`);
  const size = 1n << BigInt(width - prefix);
  const first = bits - (bits % size);
  if (first !== bits)
    throw new SyntaxError(`expected ${formatBits(family, first)}/${prefix}, or ${address} alone`);
  return unmapped({ text, family, first, last: first + size - 1n, isAllowed: mark === "" });
}

const EXPECTED = "expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32";

function parseBits(address: string): { readonly family: 4 | 6; readonly bits: bigint } | undefined {
  const bits = ipv4Bits(address);
  if (bits >= 0) return { family: 4, bits: BigInt(bits) };
  const words = new Uint32Array(4);
  if (address.includes("%") || !ipv6Words(address, words)) return undefined;
  return { family: 6, bits: words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n) };
}

/**
 * Converts a range of IPv4-mapped addresses to IPv4, because clients of a dual-stack listener count by their IPv4
 * address.
 */
function unmapped(range: Range): Range {
  const { family, first, last } = range;
  if (family === 4 || first < MAPPED || last > MAPPED + 0xffff_ffffn) return range;
  return { ...range, family: 4, first: first - MAPPED, last: last - MAPPED };
}

function formatBits(family: 4 | 6, bits: bigint): string {
  const part = family === 4 ? 8n : 16n;
  const count = family === 4 ? 4 : 8;
  const parts = Array.from(
    { length: count },
    (_, i) => (bits >> (part * BigInt(count - 1 - i))) & ((1n << part) - 1n),
  );
  if (family === 4) return parts.join(".");
  const text = parts.map((each) => each.toString(16)).join(":");
  return text.replace(/(?:^|:)0(?::0)+(?::|$)/, "::");
}

/** Which addresses are admitted: the smallest range that contains an address decides; without any, it is kept out. */
export class AddressRanges {
  readonly #v4: { readonly starts: Uint32Array; readonly verdicts: Uint8Array };
  readonly #v6: { readonly starts: Uint32Array; readonly verdicts: Uint8Array };
  readonly #words = new Uint32Array(4);

  /** @throws {SyntaxError} for a repeated range, or if nobody is admitted */
  constructor(ranges: readonly Range[]) {
    if (!ranges.some(({ isAllowed }) => isAllowed))
      throw new SyntaxError("it admits nobody: expected a range without a !, such as 0.0.0.0/0");
    const v4 = segments(
      ranges.filter(({ family }) => family === 4),
      1n << 32n,
    );
    const v6 = segments(
      ranges.filter(({ family }) => family === 6),
      1n << 128n,
    );
    this.#v4 = {
      starts: Uint32Array.from(v4, ({ start }) => Number(start)),
      verdicts: Uint8Array.from(v4, ({ isAllowed }) => Number(isAllowed)),
    };
    this.#v6 = {
      starts: Uint32Array.from(
        v6.flatMap(({ start }) => [96n, 64n, 32n, 0n].map((by) => Number((start >> by) & 0xffff_ffffn))),
      ),
      verdicts: Uint8Array.from(v6, ({ isAllowed }) => Number(isAllowed)),
    };
  }

  /** Whether a literal address is admitted; anything else is not. */
  allow(host: string): boolean {
    const bits = ipv4Bits(host);
    if (bits >= 0) return this.#allows4(bits);
    return ipv6Words(host, this.#words) && this.#allows6(this.#words);
  }

  #allows4(bits: number): boolean {
    const { starts, verdicts } = this.#v4;
    let first = 0;
    let last = starts.length - 1;
    while (first < last) {
      const middle = (first + last + 1) >>> 1;
      if ((starts[middle] as number) <= bits) first = middle;
      else last = middle - 1;
    }
    return verdicts[first] === 1;
  }

  #allows6(words: Uint32Array): boolean {
    const { starts, verdicts } = this.#v6;
    let first = 0;
    let last = verdicts.length - 1;
    while (first < last) {
      const middle = (first + last + 1) >>> 1;
      if (isAtMost(starts, middle * 4, words)) first = middle;
      else last = middle - 1;
    }
    return verdicts[first] === 1;
  }
}

/** Whether the four words at `at` are at most `words`. */
function isAtMost(starts: Uint32Array, at: number, words: Uint32Array): boolean {
  for (let i = 0; i < 4; i++) {
    const [one, other] = [starts[at + i] as number, words[i] as number];
    if (one !== other) return one < other;
  }
  return true;
}

/** A segment reaches to the start of the next one. */
interface Segment {
  readonly start: bigint;
  readonly isAllowed: boolean;
}

/**
 * Turns ranges, which are nested or disjoint, into adjacent segments that cover all addresses, each with its verdict.
 *
 * @param end one more than the last address
 * @throws {SyntaxError} for a repeated range
 */
function segments(ranges: readonly Range[], end: bigint): Segment[] {
  const found: Segment[] = [{ start: 0n, isAllowed: false }];
  const around: Range[] = [];
  const begin = (start: bigint, isAllowed: boolean) => {
    if (found.at(-1)?.start === start) found.pop();
    if (start < end) found.push({ start, isAllowed });
  };
  const leaveBefore = (start: bigint) => {
    for (let inner = around.at(-1); inner !== undefined && inner.last < start; inner = around.at(-1)) {
      around.pop();
      begin(inner.last + 1n, around.at(-1)?.isAllowed ?? false);
    }
  };
  for (const range of ranges.toSorted(bySize)) {
    leaveBefore(range.first);
    const outer = around.at(-1);
    if (outer?.first === range.first && outer.last === range.last)
      throw new SyntaxError(`${range.text} and ${outer.text} are the same range: expected it once`);
    begin(range.first, range.isAllowed);
    around.push(range);
  }
  leaveBefore(end);
  return found;
}

/** Sorted by start, larger ranges first. */
function bySize(a: Range, b: Range): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last === b.last ? 0 : a.last > b.last ? -1 : 1;
}
