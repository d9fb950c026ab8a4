import { HttpError, type HttpRequest } from "../request.ts";

/** The fields that a body may have, by name. */
type Kind = "string" | "boolean" | "number";
type Said<K extends Kind> = K extends "string" ? string : K extends "boolean" ? boolean : number;

/** The values of the fields that were given. */
export type Body<S extends Readonly<Record<string, Kind>>> = { readonly [N in keyof S]?: Said<S[N]> };

/**
 * Reads a JSON body: an object that has only allowed fields.
 *
 * @throws {HttpError}
 */
export function readBody<const S extends Readonly<Record<string, Kind>>>(
  { body }: HttpRequest,
  kinds: S,
): Body<S> {
  const value = parse(new TextDecoder().decode(body));
  for (const [name, said] of Object.entries(value)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined)
      throw new HttpError(400, `Unknown "${name}": expected ${Object.keys(kinds).join(", ") || "nothing"}`);
    if (typeof said !== kind) throw new HttpError(400, `Bad "${name}": expected a ${kind}`);
  }
  return value;
}

/** The same for a query, whose values are all text. */
export function readQuery<const N extends string>(
  { query }: HttpRequest,
  ...names: readonly N[]
): { readonly [Name in N]?: string } {
  const said: Record<string, string> = {};
  for (const [name, value] of query) {
    if (!names.some((each) => each === name))
      throw new HttpError(400, `Unknown "${name}": expected ${names.join(", ")}`);
    if (Object.hasOwn(said, name)) throw new HttpError(400, `"${name}" is said twice`);
    said[name] = value;
  }
  return said as { readonly [Name in N]?: string };
}

function parse(text: string): object {
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(400, "Bad body: expected JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new HttpError(400, "Bad body: expected an object of JSON");
  return value;
}
