/** A difference between requests that is to be ignored. */
export type Fold = "crlf" | "trim" | "squeeze" | "lower" | "word";

/** How to remove each of them, applied in this order. */
const FOLDS: Readonly<Record<Fold, (text: string) => string>> = {
  crlf: (text) => text.replaceAll("\r\n", "\n"),
  squeeze: (text) => text.replace(/[ \t]+/g, " "),
  trim: trimBlanks,
  lower: lowerLetters,
  word: lowerWord,
};

/** The names of all folds. */
export const FOLD_NAMES = Object.keys(FOLDS) as Fold[];

/** `text` without the differences that `folds` name. */
export function foldText(text: string, folds: readonly Fold[]): string {
  let folded = text;
  for (const fold of FOLD_NAMES) if (folds.includes(fold)) folded = FOLDS[fold](folded);
  return folded;
}

/** ASCII letters only: other characters stand for bytes. */
function lowerLetters(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Changes a request that is a single name. Case does not matter in a name, but it may matter in flags beside it or in a
 * command (RIPE's -l and -L, IRRd's !j and !J).
 */
function lowerWord(text: string): string {
  return /^[A-Za-z0-9\x80-\xff][^ \t\r\n]*$/.test(text) ? lowerLetters(text) : text;
}

/** Removes surrounding blanks and line ends. Not with RegExp, which takes quadratic time for a megabyte of blanks. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.includes(text[start] as string)) start++;
  while (end > start && BLANKS.includes(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

const BLANKS = " \t\r\n";
