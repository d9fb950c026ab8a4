import { HttpError, type HttpRequest } from "../request.ts";

/** The type that a field of a body must have. */
type Kind = "string" | "boolean" | "number";
type ValueOf<K extends Kind> = K extends "string" ? string : K extends "boolean" ? boolean : number;

/** The fields that were given; all are optional. */
export type Body<S extends Readonly<Record<string, Kind>>> = { readonly [N in keyof S]?: ValueOf<S[N]> };

/**
 * Reads a JSON body: an object with no other than these fields. An empty body is an empty object.
 *
 * @throws {HttpError} 400 for anything else: a misspelt field must not purge more than was meant
 */
export function readBody<const S extends Readonly<Record<string, Kind>>>(
  { body }: HttpRequest,
  kinds: S,
): Body<S> {
  const value = parse(new TextDecoder().decode(body));
  for (const [name, given] of Object.entries(value)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined)
      throw new HttpError(400, `Unknown "${name}": expected ${Object.keys(kinds).join(", ") || "nothing"}`);
    if (typeof given !== kind) throw new HttpError(400, `Bad "${name}": expected a ${kind}`);
  }
  return value;
}

/**
 * Reads a query with no other than these names, each at most once.
 *
 * @throws {HttpError} 400 for anything else
 */
export function readQuery<const N extends string>(
  { query }: HttpRequest,
  ...names: readonly N[]
): { readonly [Name in N]?: string } {
  const given: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!names.some((each) => each === name))
      throw new HttpError(400, `Unknown "${name}": expected ${names.join(", ")}`);
    if (Object.hasOwn(given, name)) throw new HttpError(400, `"${name}" is given twice`);
    given[name] = value;
  }
  return given as { readonly [Name in N]?: string };
}

function parse(text: string): object {
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(400, "Bad body: expected JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new HttpError(400, "Bad body: expected a JSON object");
  return value;
}
