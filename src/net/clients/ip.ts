// Parses IP addresses without allocating, because it is done for every client.

const ZERO = 48;
const DOT = 46;
const COLON = 58;
const PERCENT = 37;

/** The 32 bits of a literal IPv4 address; -1 if it is not one. */
export function ipv4Bits(text: string, from = 0): number {
  let bits = 0;
  let part = -1;
  let parts = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (part < 0 || parts === 3) return -1;
      bits = bits * 256 + part;
      parts++;
      part = -1;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || part === 0) return -1; // No leading zeros: some programs read them as octal.
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    }
  }
  return parts === 3 && part >= 0 ? bits * 256 + part : -1;
}

/**
 * Reads a literal IPv6 address, without brackets, into four words of 32 bits. A zone (%…) is ignored.
 *
 * @returns whether it is one
 */
export function ipv6Words(text: string, words: Uint32Array): boolean {
  const groups = GROUPS.fill(0);
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    at = 2;
  }
  while (at < text.length && text.charCodeAt(at) !== PERCENT) {
    const start = at;
    let group = 0;
    for (; at < text.length; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      group = group * 16 + digit;
    }
    if (at < text.length && text.charCodeAt(at) === DOT) {
      const bits = ipv4Bits(text, start);
      if (bits < 0 || count > 6) return false;
      groups[count++] = bits >>> 16;
      groups[count++] = bits & 0xffff;
      at = text.length;
      break;
    }
    if (at === start || at - start > 4 || count === 8) return false;
    groups[count++] = group;
    if (at === text.length || text.charCodeAt(at) === PERCENT) break;
    if (text.charCodeAt(at++) !== COLON) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap !== -1) return false;
      gap = count;
      at++;
    } else if (at === text.length) return false;
  }
  if (gap === -1 ? count !== 8 : count > 7) return false;
  if (gap !== -1) {
    groups.copyWithin(8 - (count - gap), gap, count);
    groups.fill(0, gap, 8 - (count - gap));
  }
  for (let i = 0; i < 4; i++) words[i] = (groups[2 * i] as number) * 65_536 + (groups[2 * i + 1] as number);
  return true;
}

const GROUPS = new Uint32Array(8);

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
