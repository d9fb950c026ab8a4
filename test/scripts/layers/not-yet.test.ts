import { expect, test } from "bun:test";
import { graphOf } from "../../../scripts/layers/circles.ts";
import { settle, type Debt } from "../../../scripts/layers/not-yet.ts";
import { outOfBounds } from "../../../scripts/layers/rules.ts";
import { readSource } from "../../../scripts/layers/source.ts";

/** The texts of the violations in these files, with these debts. */
function told(files: Record<string, string>, debts: Debt[]): string[] {
  const sources = Object.entries(files).map(([path, text]) => readSource(path, text));
  const found = sources.flatMap((each) => outOfBounds(each));
  return settle(found, graphOf(sources), debts).map(({ text }) => text);
}

const LISTEN = { "net/listen.ts": 'import "../services/service.ts"; fetch("");', "services/service.ts": "" };
const IMPORT = { file: "net/listen.ts", target: "services/service.ts" };
const FETCH = { file: "net/listen.ts", target: "fetch" };

test("settle() reports a violation that is not a debt", () => {
  expect(told(LISTEN, [FETCH])).toEqual([
    "net/listen.ts:1: net may not import services (services/service.ts)",
  ]);
  expect(told(LISTEN, [FETCH, IMPORT])).toEqual([]);
});

test("settle() reports a debt that has been paid", () => {
  const paid = "net/listen.ts: fetch is mended: delete the entry from NOT_YET in scripts/layers/not-yet.ts";
  expect(told({ "net/listen.ts": "" }, [FETCH])).toEqual([paid]);
});

const CIRCLE = { "net/a.ts": 'import "./b.ts";', "net/b.ts": 'import "./a.ts";' };

test("settle() accepts one import of a circle as a debt, and reports one that is not part of a circle as paid", () => {
  expect(told(CIRCLE, [])).toEqual(["net/a.ts: import circle: net/a.ts → net/b.ts → net/a.ts"]);
  expect(told(CIRCLE, [{ file: "net/b.ts", target: "net/a.ts" }])).toEqual([]);
  const both = told(CIRCLE, [
    { file: "net/b.ts", target: "net/a.ts" },
    { file: "net/a.ts", target: "net/b.ts" },
  ]);
  expect(both).toHaveLength(2); // Either would do: without the other one, neither closes a cycle.
});
