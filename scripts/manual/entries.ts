import { isArgument, nameOf, type Setting } from "../../src/settings/setting.ts";
import { defaultTextsOf } from "../../src/settings/settled.ts";
import { argument, text } from "./mdoc.ts";

/** A term of a list, and the lines that explain it. */
export type Term = readonly [term: string, ...explanation: string[]];

/** A setting on a command line: its flags or its argument, and their explanation. */
export function flagTerm(setting: Setting): Term {
  return [isArgument(setting) ? `Ar ${nameOf(setting)}` : flagNames(setting), ...explanation(setting)];
}

/** A setting in a file, and its explanation. */
export function keyTerm(setting: Setting, key: string): Term {
  const words = explanation(setting).map((line) => line.replace(/\\-\\-(?=[a-z])/g, "")); // Keys have no dashes.
  return [`Ic ${argument(key)} = ${valueOf(setting)}`, ...words];
}

function flagNames({ flag, alias, kind, hint = "" }: Setting): string {
  const names = [
    ...(alias?.length === 1 ? [`Fl ${alias}`] : []),
    `Fl Fl ${flag}`,
    ...(alias !== undefined && alias.length > 1 ? [`Fl Fl ${alias}`] : []),
  ];
  return names.join(" , ") + (kind === "flag" ? "" : ` Ar ${argument(hint)}`);
}

function valueOf(setting: Setting): string {
  const { kind, hint = "" } = setting;
  if (kind === "flag") return "Ar true|false";
  return `Ar ${argument(isArgument(setting) || hint === "" ? nameOf(setting) : hint)}`;
}

/** What a setting does, its possible values if the text does not name them, and its default. */
function explanation(setting: Setting): string[] {
  const { help, hint = "", words = [], defaultHelp, kind } = setting;
  const isTold = words.every((word) => hint.includes(word) || help.includes(word));
  const standard = defaultHelp ?? defaultTextsOf(setting).join(" ");
  const forms = isArgument(setting) && hint !== "" ? [`Expected: ${hint}.`] : [];
  const parts = [
    `${help}.`,
    ...forms,
    ...(isTold ? [] : [`One of: ${words.join(", ")}.`]),
    ...(kind === "flag" || standard === "" ? [] : [`Default: ${standard}.`]),
    ...(setting.secret || setting.namesSecret ? ["Secret: it is never printed."] : []),
  ];
  return parts.map(text);
}
