import { proxy } from "../settings/commands.ts";
import type { KnownService, KnownServices } from "../settings/presets/known-service.ts";
import type { Setting } from "../settings/setting.ts";
import { columnSection, lines, section, wrap, type Entry, type Page } from "./page.ts";
import { PROGRAM } from "./program.ts";

/** All presets, one per line if the page is wide enough. */
export function presetList(presets: KnownServices, page: Page): string {
  const entries = Object.entries(presets).map(([name, { description }]): Entry => [name, description]);
  const width = Math.max(...entries.map(([name]) => name.length));
  return lines([
    `${page.heading("USAGE")} ${PROGRAM} proxy UPSTREAM --preset NAME [FLAGS]`,
    ...columnSection("PRESETS", entries, width, page),
    "",
    ...wrap(`"${PROGRAM} presets NAME" explains one: what it sets, and why.`, 0, page.columns),
  ]);
}

/** One preset: what it is for, the flags that it sets and why, and an example. */
export function presetPage(name: string, preset: KnownService, page: Page): string {
  const { description, example, notes } = preset;
  return lines([
    ...wrap(`${name}: ${description}`, 0, page.columns),
    ...section("WHAT IT SETS", flagEntries(preset), page),
    "",
    page.heading("WHY"),
    ...wrap(plain(notes.join(" ")), 2, page.columns),
    ...section("EXAMPLE", [[`${PROGRAM} ${example}`, "Explicit flags win over those of the preset."]], page),
  ]);
}

/** Every flag of a preset; a flag with several values is explained after the last one. */
function flagEntries({ flags }: KnownService): Entry[] {
  const settings: Readonly<Record<string, Setting>> = proxy;
  return Object.entries(flags).flatMap(([flag, value]) => {
    const texts = [value].flat();
    return texts.map((text, index): Entry => {
      const isLast = index === texts.length - 1;
      return [`--${flag} ${shellWord(text)}`, isLast ? (settings[flag]?.help ?? "") : ""];
    });
  });
}

/** A note without Markdown: code becomes quoted, unless it is a flag or has quotes itself. */
function plain(text: string): string {
  return text.replace(/`([^`]*)`/g, (_, code: string) => (/^-|"/.test(code) ? code : `"${code}"`));
}

/** A value as it can be typed in a shell: quoted where necessary. */
function shellWord(text: string): string {
  return /^[\w.,:%/=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
