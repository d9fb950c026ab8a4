import { expect, test } from "bun:test";
import { circles, graphOf, wayTo } from "../../../scripts/layers/circles.ts";
import { readSource } from "../../../scripts/layers/source.ts";

function sourcesOf(files: Record<string, string>) {
  return Object.entries(files).map(([path, text]) => readSource(path, text));
}

test("circles() finds a circle of one file, of two, and of types only, each once", () => {
  const sources = sourcesOf({
    "a/self.ts": 'import "./self.ts";',
    "b/one.ts": 'import type { Two } from "./two.ts";',
    "b/two.ts": 'import { type One } from "./one.ts"; import "./end.ts";',
    "b/end.ts": 'import "ms";',
    "c/start.ts": 'import "../b/one.ts";',
  });
  expect(circles(graphOf(sources)).map(({ text }) => text)).toEqual([
    "a/self.ts: import circle: a/self.ts → a/self.ts",
    "b/one.ts: import circle: b/one.ts → b/two.ts → b/one.ts",
  ]);
});

test("circles() ignores two paths to one file", () => {
  const sources = sourcesOf({
    "top.ts": 'import "./left.ts"; import "./right.ts";',
    "left.ts": 'import "./bottom.ts";',
    "right.ts": 'import "./bottom.ts"; import("./left.ts");',
    "bottom.ts": "",
  });
  expect(circles(graphOf(sources))).toEqual([]);
  expect(wayTo(graphOf(sources), "top.ts", "bottom.ts")).toEqual(["left.ts", "bottom.ts"]);
  expect(wayTo(graphOf(sources), "bottom.ts", "top.ts")).toBeUndefined();
});
