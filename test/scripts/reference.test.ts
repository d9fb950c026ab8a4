import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as library from "../../src/deferred/mod.ts";

const REFERENCE = readFileSync(join(import.meta.dirname, "../../docs/deferred-reference.md"), "utf8");

/** The names of the members that the reference lists for a class. */
function listed(name: string): string[] {
  const section = REFERENCE.split(/^## /m).find((each) => each.startsWith(`${name}\n`)) ?? "";
  return [...section.matchAll(/^- `([^`]+)`: /gm)].map(([, member = ""]) => member);
}

/** The public methods and getters of a class, inherited ones included. */
function membersOf(prototype: object): string[] {
  const names: string[] = [];
  for (let each = prototype; !NATIVE.has(each); each = Object.getPrototypeOf(each) as object)
    names.push(...Object.getOwnPropertyNames(each));
  return [...new Set(names)].filter((name) => name !== "constructor" && !name.startsWith("_"));
}

const NATIVE = new Set<object>([Object.prototype, Error.prototype, AggregateError.prototype]);

/** They say `protected` in the class that the lock and the semaphore share. */
const PROTECTED: Readonly<Record<string, readonly string[]>> = { DeferredLock: ["limit", "tokens"] };

const classes = Object.entries(library).filter(([name]) => /^(?:Deferred|Failure$)/.test(name));

test.each(classes)(
  "the reference lists every public member of %s, and nothing else by the name of a modifier",
  (name, of) => {
    const members = membersOf((of as { prototype: object }).prototype).filter(
      (member) => !PROTECTED[name]?.includes(member),
    );
    expect(members.length).toBeGreaterThan(0);
    expect(listed(name)).toEqual(expect.arrayContaining(members.filter((member) => member !== "toString")));
    expect(
      listed(name).filter((member) => /^(?:readonly|private|protected|declare|static)$/.test(member)),
    ).toEqual([]);
  },
);
