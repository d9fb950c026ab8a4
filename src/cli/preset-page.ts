import { proxy } from "../settings/commands.ts";
import type { KnownService, KnownServices } from "../settings/presets/known-service.ts";
import type { Setting } from "../settings/setting.ts";
import { columnSection, lines, section, wrap, type Entry, type Page } from "./page.ts";
import { PROGRAM } from "./program.ts";

/** All presets, one each line where the page is wide enough. */
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

/** One preset: what it is for, the flags that it stands for, why, and a command. */
export function presetPage(name: string, preset: KnownService, page: Page): string {
  const { description, example, notes } = preset;
  return lines([
    ...wrap(`${name}: ${description}`, 0, page.columns),
    ...section("WHAT IT SETS", flagEntries(preset), page),
    "",
    page.heading("WHY"),
    ...wrap(plain(notes.join(" ")), 2, page.columns),
    ...section(
      "EXAMPLE",
      [[`${PROGRAM} ${example}`, "Flags that are given win over those of the preset."]],
      page,
    ),
  ]);
}

/** Every flag of a preset, with its meaning after the last of its values. */
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

/** A text without Markdown: code that is not plainly code is put in quotes. */
function plain(text: string): string {
  return text.replace(/`([^`]*)`/g, (_, code: string) => (/^-|"/.test(code) ? code : `"${code}"`));
}

/** A value as it can be typed into a shell. */
function shellWord(text: string): string {
  return /^[\w.,:%/=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
