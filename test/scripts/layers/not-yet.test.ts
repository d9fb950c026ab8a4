import { expect, test } from "bun:test";
import { graphOf } from "../../../scripts/layers/circles.ts";
import { settle, type Debt } from "../../../scripts/layers/not-yet.ts";
import { outOfBounds } from "../../../scripts/layers/rules.ts";
import { readSource } from "../../../scripts/layers/source.ts";

/** What is told of these files with these debts. */
function told(files: Record<string, string>, debts: Debt[]): string[] {
  const sources = Object.entries(files).map(([path, text]) => readSource(path, text));
  const found = sources.flatMap((each) => outOfBounds(each));
  return settle(found, graphOf(sources), debts).map(({ text }) => text);
}

const LISTEN = { "net/listen.ts": 'import "../services/service.ts"; fetch("");', "services/service.ts": "" };
const IMPORT = { file: "net/listen.ts", target: "services/service.ts" };
const FETCH = { file: "net/listen.ts", target: "fetch" };

test("settle() tells a violation that is no debt", () => {
  expect(told(LISTEN, [FETCH])).toEqual([
    "net/listen.ts:1: net may not import services (services/service.ts)",
  ]);
  expect(told(LISTEN, [FETCH, IMPORT])).toEqual([]);
});

test("settle() tells a debt that is paid", () => {
  const paid = "net/listen.ts: fetch is mended: take the entry out of NOT_YET in scripts/layers/not-yet.ts";
  expect(told({ "net/listen.ts": "" }, [FETCH])).toEqual([paid]);
});

const CIRCLE = { "net/a.ts": 'import "./b.ts";', "net/b.ts": 'import "./a.ts";' };

test("settle() takes one import of a circle for a debt, and one that is on no circle for a paid one", () => {
  expect(told(CIRCLE, [])).toEqual(["net/a.ts: import circle: net/a.ts → net/b.ts → net/a.ts"]);
  expect(told(CIRCLE, [{ file: "net/b.ts", target: "net/a.ts" }])).toEqual([]);
  const both = told(CIRCLE, [
    { file: "net/b.ts", target: "net/a.ts" },
    { file: "net/a.ts", target: "net/b.ts" },
  ]);
  expect(both).toHaveLength(2); // Either would do: with the other one gone, neither closes a circle.
});
