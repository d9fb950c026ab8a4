import { dirname } from "node:path";
import { isKind, KINDS, processTables, SERVICE_NAME, serviceKeys, type Kind } from "../../settings/kinds.ts";
import { isArgument, type Setting } from "../../settings/setting.ts";
import { didYouMean } from "../../settings/settle.ts";
import type { FileComplaint } from "./complaint.ts";
import type { Place } from "./place.ts";
import { textsOf } from "./setting-texts.ts";
import { allOf, readingToml, TomlTable, type TomlEntry } from "./toml.ts";

/** One setting in a file. */
export interface Given {
  readonly file: string;
  /** The place of its key. */
  readonly at: Place;
  /** Its texts, as on a command line; undefined if its type does not fit the setting. */
  readonly texts: readonly string[] | undefined;
  /** The place of each text. */
  readonly places: readonly Place[];
}

/** The settings in a table, by flag. */
export type GivenSettings = ReadonlyMap<string, Given>;

/** The table of one service, or the one with defaults for all of a kind. */
export interface KindTable {
  readonly kind: Kind;
  readonly name: string;
  readonly file: string;
  /** The place of its name. */
  readonly at: Place;
  readonly given: GivenSettings;
}

/** The contents of a file, and its mistakes as far as they can be found without parsing values. */
export interface ConfigFile {
  readonly file: string;
  readonly services: readonly KindTable[];
  readonly defaults: readonly KindTable[];
  /** The settings of the process as a whole. */
  readonly process: GivenSettings;
  readonly complaints: readonly FileComplaint[];
}

const DEFAULTS = "defaults";
const IS_SERVICE_NAME = new RegExp(SERVICE_NAME);
const PROCESS_TABLES = processTables();
const TABLES = [...Object.keys(KINDS), DEFAULTS, ...PROCESS_TABLES.keys()];

/** Reads the text of a configuration file: its tables, keys and types, not yet what the values mean. */
export function readConfigFile(file: string, text: string): ConfigFile {
  return allOf(readingConfigFile(file, text));
}

/** Like `readConfigFile`, in small steps, so that a reload does not block the event loop. */
export function readingConfigFile(file: string, text: string): Generator<void, ConfigFile> {
  return new ConfigReader(file).read(text);
}

/** Reads one file. It collects complaints instead of throwing, so that a user sees all mistakes at once. */
class ConfigReader {
  readonly #file: string;
  readonly #directory: string;
  readonly #complaints: FileComplaint[] = [];
  readonly #services: KindTable[] = [];
  readonly #defaults: KindTable[] = [];
  readonly #process = new Map<string, Given>();

  constructor(file: string) {
    this.#file = file;
    this.#directory = dirname(file);
  }

  *read(text: string): Generator<void, ConfigFile> {
    const { root, repeated, mistakes } = yield* readingToml(text);
    for (const { at, text: what } of mistakes) this.#complain(at, what);
    for (const [name, entry] of root.entries) yield* this.#readTop(name, entry);
    for (const { path, table } of repeated) this.#checkRepeated(path, table);
    return {
      file: this.#file,
      services: this.#services,
      defaults: this.#defaults,
      process: this.#process,
      complaints: this.#complaints,
    };
  }

  *#readTop(name: string, { at, value }: TomlEntry): Generator<void> {
    const keys = PROCESS_TABLES.get(name);
    if (!(value instanceof TomlTable)) {
      if (TABLES.includes(name)) this.#complain(at, `"${name}" is a table: expected [${example(name)}]`);
      else this.#complain(at, `"${name}" is outside of any table: expected it under [COMMAND.NAME]`);
    } else if (isKind(name)) yield* this.#readServices(name, value);
    else if (name === DEFAULTS) this.#readDefaults(value);
    else if (keys) this.#readKeys(value, keys, name, this.#process);
    else this.#complain(at, `unknown table [${name}]${didYouMean(name, TABLES, "[", "]") || ONE_OF_TABLES}`);
  }

  *#readServices(kind: Kind, tables: TomlTable): Generator<void> {
    for (const [name, { at, value }] of tables.entries) {
      if (!(value instanceof TomlTable)) {
        const isSetting = serviceKeys(kind).has(name);
        this.#complain(
          at,
          `"${name}" is not in a service: expected ${isSetting ? "it under " : ""}[${kind}.NAME]`,
        );
        continue;
      }
      yield;
      const given = this.#readTable(kind, `${kind}.${name}`, value);
      this.#services.push({ kind, name, file: this.#file, at, given });
      if (!IS_SERVICE_NAME.test(name))
        this.#complain(
          at,
          `bad name "${name}": expected up to 63 letters, digits, -, _ and . after a letter or digit`,
        );
    }
  }

  #readDefaults(tables: TomlTable): void {
    for (const [name, { at, value }] of tables.entries) {
      const kinds = Object.keys(KINDS);
      if (!isKind(name))
        this.#complain(
          at,
          `unknown kind of service "${name}"${didYouMean(name, kinds, '"', '"') || `: expected ${kinds.join(", ")}`}`,
        );
      else if (!(value instanceof TomlTable))
        this.#complain(at, `"${name}" is a table: expected [defaults.${name}]`);
      else {
        const table = `${DEFAULTS}.${name}`;
        const given = this.#readTable(name, table, value, ({ flag, ...setting }) =>
          isArgument(setting) ? `${flag} cannot have a default: every service must set its own` : undefined,
        );
        this.#defaults.push({ kind: name, name: table, file: this.#file, at, given });
      }
    }
  }

  #readTable(
    kind: Kind,
    name: string,
    table: TomlTable,
    refuse?: (setting: Setting) => string | undefined,
  ): GivenSettings {
    return this.#readKeys(table, serviceKeys(kind), name, new Map(), refuse);
  }

  /** Checks the contents of a repeated table, too, although they have no effect. */
  #checkRepeated([first = "", second = ""]: readonly string[], table: TomlTable): void {
    const keys = PROCESS_TABLES.get(first);
    const kind = first === DEFAULTS ? second : first;
    if (isKind(kind)) this.#readTable(kind, `${first}.${second}`, table);
    else if (keys) this.#readKeys(table, keys, first, new Map());
  }

  #readKeys(
    table: TomlTable,
    keys: ReadonlyMap<string, Setting>,
    name: string,
    given: Map<string, Given>,
    refuse?: (setting: Setting) => string | undefined,
  ): Map<string, Given> {
    for (const [key, { at, value }] of table.entries) {
      const setting = keys.get(key);
      const refused = setting ? refuse?.(setting) : unknownKey(key, keys);
      if (!setting || refused !== undefined) {
        this.#complain(at, refused ?? "", name);
        continue;
      }
      const texts = textsOf({ ...setting, key }, value, this.#directory, (mistake) =>
        this.#complain(mistake.at, mistake.text, name),
      );
      given.set(setting.flag, { file: this.#file, at, ...(texts ?? { texts: undefined, places: [] }) });
    }
    return given;
  }

  #complain(at: Place, text: string, table?: string): void {
    this.#complaints.push({ file: this.#file, at, table, text });
  }
}

const ONE_OF_TABLES = `: expected one of ${TABLES.map((name) => `[${example(name)}]`).join(", ")}`;

/** How a table is written in a message: `proxy.NAME`. */
function example(table: string): string {
  if (isKind(table)) return `${table}.NAME`;
  return table === DEFAULTS ? "defaults.COMMAND" : table;
}

/** The complaint about an unknown key: what it may have been meant to be, or where it belongs. */
function unknownKey(key: string, keys: ReadonlyMap<string, Setting>): string {
  const [table] = [...PROCESS_TABLES].find(([, others]) => others.has(key) && others !== keys) ?? [];
  const close = didYouMean(key, keys.keys(), '"', '"');
  if (close !== "") return `unknown key "${key}"${close}`;
  if (table !== undefined) return `unknown key "${key}": it belongs in [${table}]`;
  return `unknown key "${key}"${ownersOf(key)}`;
}

/** Which kinds of services have a setting of that name. */
function ownersOf(key: string): string {
  const all = Object.keys(KINDS).filter(isKind);
  const owners = all.filter((kind) => serviceKeys(kind).has(key));
  if (owners.length === 0) return "";
  if (owners.length === all.length) return ": it belongs in [COMMAND.NAME]";
  return `: only ${owners.join(" and ")} ${owners.length > 1 ? "have" : "has"} it`;
}
