import { KINDS, type Kind } from "../kinds.ts";
import { withAbsolutePath, type Setting } from "../setting.ts";
import type { Settled } from "../settled.ts";
import { byTable, settingLine } from "./toml-text.ts";

/**
 * The configuration file that is equivalent to a command line, for `--print-config`.
 *
 * @param absolute makes a path absolute, because a file takes relative paths from its own folder
 */
export function commandTable(kind: Kind, settled: Settled, absolute: (path: string) => string): string {
  const settings: readonly Setting[] = Object.values(KINDS[kind].settings);
  const given = byTable(settings.filter(({ flag }) => settled.isGiven(flag)));
  // A service in a file has a name, which a command line does not give.
  const [name = "main"] = settled.isGiven("preset") ? settled.textsOf("preset") : [];
  const own = [`[${kind}.${name}]`, ...(given.get("") ?? []).map(line)];
  const tables = [...given].filter(([table]) => table !== "");
  return [own, ...tables.map(([table, rows]) => [`[${table}]`, ...rows.map(line)])]
    .map((lines) => lines.map((each) => `${each}\n`).join(""))
    .join("\n");

  function line(setting: Setting): string {
    if (setting.secret)
      return `# ${setting.flag} is secret: write ${setting.flag} = { env = "NAME" } or { file = "PATH" }`;
    const texts = settled.textsOf(setting.flag);
    return settingLine(
      setting,
      texts.map((text) => withAbsolutePath(setting, text, absolute)),
    );
  }
}
