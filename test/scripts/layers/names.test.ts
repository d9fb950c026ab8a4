import { expect, test } from "bun:test";
import { misnamed, strayReferences } from "../../../scripts/layers/names.ts";
import { readSource } from "../../../scripts/layers/source.ts";

test("misnamed() finds a file of src that a document names but that does not exist, except in blocks of code", () => {
  const sources = [readSource("net/listen.ts", "")];
  const text =
    "`net/listen.ts` `src/net/listen.ts` `net/ear.ts` `src/net/ear.ts` `bench/hit.ts`\n```ts\n`net/eye.ts`\n```\n";
  expect(misnamed("README.md", text, sources).map((each) => each.text)).toEqual([
    "README.md: there is no src/net/ear.ts",
  ]);
});

test("strayReferences() finds a document that a comment names but that is not in the repository", () => {
  const source = readSource(
    "net/a.ts",
    '/** bun.md, docs/deferred.md */ f("x.md"); // docs/decisions/0101, docs/decisions/0999',
  );
  const known = ["docs/deferred.md", "docs/decisions/0101-a-chain.md"];
  expect(strayReferences(source, known).map(({ target }) => target)).toEqual([
    "bun.md",
    "docs/decisions/0999",
  ]);
});
