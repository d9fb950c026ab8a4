import { ofBytes, ofText, type Transformation } from "./transformation.ts";

/** What a transformation server can do by itself. */
export const BUILT_IN: readonly Transformation[] = [
  ofText("cummingsify", "in lower case, as E. E. Cummings might have it", (text) => text.toLowerCase()),
  ofText("shout", "in upper case", (text) => text.toUpperCase()),
  ofBytes("reverse-lines", "the last line first", reverseLines),
  ofBytes("number-lines", "each line with its number in front", numberLines),
  ofText("acrostic", "the first letter of every line", acrostic),
  ofBytes("rot13", "each letter from A to Z by the one 13 places on; twice: the poem again", rot13),
];

const LF = 0x0a;

/** Where a line feed is missing at the end, it is missing at the new end. */
function reverseLines(poem: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(poem); // Not slice: a Buffer's is no copy.
  let at = 0;
  for (let end = poem.at(-1) === LF ? poem.length - 1 : poem.length; ;) {
    const start = poem.subarray(0, end).lastIndexOf(LF) + 1;
    reversed.set(poem.subarray(start, end), at);
    at += end - start;
    if (start === 0) return reversed;
    reversed[at++] = LF;
    end = start - 1;
  }
}

function numberLines(poem: Uint8Array): Uint8Array {
  const count = countLines(poem);
  const width = `${count}`.length;
  const numbered = Buffer.allocUnsafe(poem.length + count * (width + 2)); // No strings: of short lines they take gigabytes.
  let at = 0;
  for (let number = 1, start = 0; number <= count; number++) {
    const end = poem.indexOf(LF, start) + 1 || poem.length;
    at += numbered.write(`${`${number}`.padStart(width)}  `, at, "latin1");
    numbered.set(poem.subarray(start, end), at);
    at += end - start;
    start = end;
  }
  return numbered;
}

/** A last line may lack its line feed. */
function countLines(poem: Uint8Array): number {
  let count = poem.length > 0 && poem.at(-1) !== LF ? 1 : 0;
  for (let at = poem.indexOf(LF); at !== -1; at = poem.indexOf(LF, at + 1)) count++;
  return count;
}

/** Lines without a letter give none; marks that belong to a letter stay with it. */
function acrostic(text: string): string {
  const letters = Array.from(text.matchAll(/^[^\p{L}\n]*(\p{L}\p{M}*)/gmu), ([, letter]) => letter);
  return `${letters.join("")}\n`;
}

/** Letters are ASCII: no byte of another character is one of them. */
function rot13(poem: Uint8Array): Uint8Array {
  return poem.map((byte) => {
    const letter = byte | 0x20; // In lower case.
    if (letter < 0x61 || letter > 0x7a) return byte;
    return letter < 0x6e ? byte + 13 : byte - 13;
  });
}
