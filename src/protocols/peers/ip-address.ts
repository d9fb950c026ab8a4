const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
/** The prefix of an IPv4-mapped IPv6 address. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The 4 or 16 bytes of a literal IP address, without a zone; undefined if it is not one. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The text of 4 or 16 bytes, as the system writes it (RFC 5952). */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return `::ffff:${formatIp(asIpv4(bytes))}`;
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[at * 2]! << 8) | bytes[at * 2 + 1]!);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((each) => each.toString(16))
      .join(":");
  const [start, end] = longestZeros(groups);
  return end - start < 2 ? text(0, 8) : `${text(0, start)}::${text(end, 8)}`;
}

/** The 4 bytes of an IPv4-mapped IPv6 address; others are returned unchanged. */
export function asIpv4(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 && isMapped(bytes) ? bytes.subarray(MAPPED.length) : bytes;
}

/** The 16 bytes of an address of either family; IPv4 is mapped. */
export function asIpv6(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 ? bytes : Uint8Array.of(...MAPPED, ...bytes);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = IPV4.exec(text)?.slice(1);
  const isRight = octets?.every((each) => Number(each) <= 255 && (each === "0" || !each.startsWith("0")));
  return isRight ? Uint8Array.from(octets as string[], Number) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const [head = "", tail, more] = text.split("::");
  if (more !== undefined) return undefined;
  const before = groupsOf(head, tail === undefined);
  const after = groupsOf(tail ?? "", true);
  if (!before || !after) return undefined;
  const missing = 16 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.of(...before, ...new Uint8Array(missing), ...after);
}

/** The bytes of groups separated by colons; the last one may be an IPv4 address. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    const ipv4 = mayEndInIpv4 && at === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (GROUP.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return MAPPED.every((each, at) => bytes[at] === each);
}

/** The range of zeros to leave out: the first of the longest runs. */
function longestZeros(groups: readonly number[]): readonly [start: number, end: number] {
  let longest: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest[1] - longest[0]) longest = [start, end];
  }
  return longest;
}
