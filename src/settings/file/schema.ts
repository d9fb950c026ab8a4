import { KINDS, processTables, SERVICE_NAME, serviceKeys, type Kind } from "../kinds.ts";
import { isArgument, type Setting } from "../setting.ts";
import { defaultTextsOf } from "../settled.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * The schema of a configuration file, from the tables of settings, for `poetry config schema`. Editors support draft 7.
 */
export function fileSchema(): Schema {
  const kinds = Object.keys(KINDS) as Kind[];
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of poetry",
    type: "object",
    additionalProperties: false,
    properties: {
      ...Object.fromEntries([...processTables()].map(([table, keys]) => [table, tableSchema(keys)])),
      defaults: {
        description: "Defaults for all services of a kind, which their own tables override",
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(kinds.map((kind) => [kind, tableSchema(optionalKeys(kind))])),
      },
      ...Object.fromEntries(
        kinds.map((kind) => [
          kind,
          {
            type: "object",
            propertyNames: { pattern: SERVICE_NAME },
            additionalProperties: serviceSchema(kind),
          },
        ]),
      ),
    },
  };
}

/** The table of one service, which must have its arguments. */
function serviceSchema(kind: Kind): Schema {
  const keys = serviceKeys(kind);
  const required = [...keys].filter(([, setting]) => isArgument(setting)).map(([key]) => key);
  return { ...tableSchema(keys), required };
}

/** What `[defaults.KIND]` may contain: all but arguments, which every service must give itself. */
function optionalKeys(kind: Kind): ReadonlyMap<string, Setting> {
  return new Map([...serviceKeys(kind)].filter(([, setting]) => !isArgument(setting)));
}

/** A table with these keys and no others, so that editors mark misspelt ones. */
function tableSchema(keys: ReadonlyMap<string, Setting>): Schema {
  const properties = Object.fromEntries(Array.from(keys, ([key, setting]) => [key, settingSchema(setting)]));
  return { type: "object", additionalProperties: false, properties };
}

function settingSchema(setting: Setting): Schema {
  const { help, defaultHelp } = setting;
  const [standard, ...more] = defaultTextsOf(setting);
  return {
    description: defaultHelp === undefined ? help : `${help} (default: ${defaultHelp})`,
    ...(setting.kind === "flag" && { default: false }),
    ...(standard !== undefined && more.length === 0 && { default: standard }),
    ...valueSchema(setting),
  };
}

/** The types that the value may have in a file: see `Row` for secrets and lists. */
function valueSchema(setting: Setting): Schema {
  const { kind, secret, namesSecret, separator } = setting;
  if (kind === "flag") return { type: "boolean" };
  const text = textSchema(setting);
  if (secret || namesSecret) return { anyOf: [text, oneProperty("env"), oneProperty("file")] };
  if (separator !== undefined) return { anyOf: [{ type: "string" }, { type: "array", items: text }] };
  if (kind === "list" || kind === "positionals") return { anyOf: [text, { type: "array", items: text }] };
  return text;
}

/** `{ env = "NAME" }`, or the same with `file`. */
function oneProperty(name: string): Schema {
  return {
    type: "object",
    additionalProperties: false,
    required: [name],
    properties: { [name]: { type: "string" } },
  };
}

/** Schemas of values, by the hint of the setting. */
const FORMS: Readonly<Record<string, Schema>> = {
  DURATION: {
    anyOf: [{ type: "string", pattern: String.raw`^(0|inf|\d+(\.\d+)?(ms|s|m|h|d))$` }, { const: 0 }],
  },
  SIZE: {
    anyOf: [
      { type: "string", pattern: String.raw`^\d+(\.\d+)?(B|KiB|MiB|GiB)?$` },
      { type: "integer", minimum: 0 },
    ],
  },
  N: {
    anyOf: [
      { type: "integer", minimum: 0 },
      { type: "string", pattern: String.raw`^(\d{1,15}|inf)$` },
    ],
  },
  PORT: {
    anyOf: [
      { type: "integer", minimum: 0, maximum: 65535 },
      { type: "string", pattern: String.raw`^\d{1,5}$` },
    ],
  },
  PERCENT: { anyOf: [{ type: "string", pattern: String.raw`^(0|\d+(\.\d+)?%)$` }, { const: 0 }] },
};

/** The schema of one text of the value; a number may be written without quotes. */
function textSchema({ hint = "", words = [], separator }: Setting): Schema {
  const form = FORMS[hint];
  if (form) return form;
  if (words.length > 0 && words.every((word) => /^[\w-]+$/.test(word)))
    return { enum: words.flatMap((word) => (/^\d+$/.test(word) ? [word, Number(word)] : [word])) };
  return separator === undefined ? { type: ["string", "number"] } : { type: "string" };
}
