import { isArgument, keyOf, type Setting } from "../setting.ts";

/** A text as a TOML string: a literal one, in single quotes, where that avoids escapes. */
export function quoted(text: string): string {
  const isPlain = !/\p{Cc}/u.test(text);
  if (isPlain && /["\\]/.test(text) && !text.includes("'")) return `'${text}'`;
  return `"${text.replace(/["\\]|\p{Cc}/gu, escaped)}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The line of a file that sets `setting` to `texts`. */
export function settingLine(setting: Setting, texts: readonly string[]): string {
  return `${keyInTable(setting)} = ${valueOf(setting, texts)}`;
}

/** The key within its table: `file`, not `log.file`. */
export function keyInTable(setting: Setting): string {
  return keyOf(setting).replace(/^.*\./, "");
}

/** Numbers and flags are written without quotes, several texts as an array. */
function valueOf({ kind, separator }: Setting, texts: readonly string[]): string {
  if (kind === "flag") return texts[0] ?? "false";
  const isList = kind === "list" || kind === "positionals";
  if (isList && texts.length !== 1) return `[${texts.map(quoted).join(", ")}]`;
  const [text = ""] = texts;
  if (separator !== undefined && text.includes(separator))
    return `[${text.split(separator).map(quoted).join(", ")}]`;
  return /^(0|[1-9]\d{0,14})$/.test(text) ? text : quoted(text);
}

/** Settings by table, arguments first; those of a service are in table "". Settings without a key are left out. */
export function byTable(settings: readonly Setting[]): Map<string, Setting[]> {
  return Map.groupBy(
    settings
      .filter(({ key }) => key !== null)
      .toSorted((a, b) => Number(isArgument(b)) - Number(isArgument(a))),
    (setting) => keyOf(setting).match(/^(.*)\./)?.[1] ?? "",
  );
}
