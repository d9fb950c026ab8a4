import { describe, expect, test } from "bun:test";
import { anchorsIn, blocksOf, linksIn, shownIn } from "../../scripts/documents.ts";
import { mentionedFlags } from "../../scripts/mentioned-flags.ts";
import { ShownOutput } from "../support/shown-output.ts";

describe("blocksOf()", () => {
  test("returns language, line and text, even for a block in a list", () => {
    const [block, inList] = blocksOf(
      "text\n```sh\none\ntwo\n```\n\n- item\n\n  ```console\n  $ three\n  ```\n",
    );
    expect(block).toMatchObject({ line: 2, language: "sh", text: "one\ntwo", goesOn: false, needs: [] });
    expect(inList).toMatchObject({ line: 9, language: "console", text: "$ three" });
  });

  test("reads the comments directly before a block", () => {
    const [first, second, third] = blocksOf(
      "<!-- not run: no such\nmachine -->\n\n```sh\na\n```\n<!-- goes on -->\n<!-- needs: jq curl -->\n\n```sh\nb\n```\n<!-- goes on -->\ntext\n```sh\nc\n```\n",
    );
    expect(first).toMatchObject({ notRun: "no such\nmachine", goesOn: false });
    expect(second).toMatchObject({ goesOn: true, needs: ["jq", "curl"] });
    expect(third).toMatchObject({ goesOn: false });
    expect(third).not.toHaveProperty("notRun");
  });
});

test("shownIn() assigns output to its command", () => {
  expect(shownIn("$ one\nx\n\ny\n$ two\n> more\n$ three")).toEqual([
    { command: "one", output: ["x", "", "y"] },
    { command: "two\nmore", output: [] },
    { command: "three", output: [] },
  ]);
});

test("linksIn() finds links, images and references, but none in code", () => {
  const text =
    '[a](b.md#c) ![p](<q.png>) [t](u "title") `[x](y)`\n\n```sh\n[no](no)\n```\n<!-- [no](no) -->\n[r]: https://example.org\n';
  expect(linksIn(text)).toEqual(["b.md#c", "q.png", "u", "https://example.org"]);
});

test("anchorsIn() names headings like GitHub", () => {
  const text =
    "# The `--allow` flag: what, why?\n## Twice\n## Twice\n### [A link](x.md) of ours\n```sh\n# no heading\n```\n";
  expect([...anchorsIn(text)]).toEqual(["the---allow-flag-what-why", "twice", "twice-1", "a-link-of-ours"]);
});

describe("mentionedFlags()", () => {
  const names = ["proxy", "ctl purge"];

  test("knows to which command a flag belongs", () => {
    const text =
      "Use `proxy --ttl 2h` or --port; `poetry ctl purge --all`.\n\n```sh\npoetry proxy 1 --grace 1s | grep --colour x\npoetry --version\n```\n";
    expect(mentionedFlags(text, names)).toEqual(
      expect.arrayContaining([
        { flag: "--ttl", command: "proxy" },
        { flag: "--all", command: "ctl purge" },
        { flag: "--grace", command: "proxy" },
        { flag: "--version", command: "" },
        { flag: "--port" },
      ]),
    );
    expect(mentionedFlags(text, names).map(({ flag }) => flag)).not.toContain("--colour");
  });

  test("ignores values in quotes", () => {
    expect(mentionedFlags("`poetry proxy 1 --filter 'x=sort --unique'`", names)).not.toContainEqual({
      flag: "--unique",
      command: "proxy",
    });
  });
});

function wrong(shown: string, printed: string): string | undefined {
  return new ShownOutput().compare(shown.split("\n"), printed);
}

describe("ShownOutput", () => {
  test.each([
    ["as it is", "as  it is\n"],
    ["12:00:00.123 Reset 127.0.0.1:40000 in 6ms.", "23:59:59.000 Reset 127.0.0.1:51234 in 1s.\n"],
    ["a\n...\nz", "a\nb\nc\nz\n"],
    ["a\n...\nz", "a\nz\n"],
    ["0 d41d8cd98f00b204e9800998ecf8427e", "0 900150983cd24fb0d6963f7d28e17f72\n"],
    ["at 12:00:00\nat 12:00:00", "at 01:02:03\nat 01:02:03\n"],
  ])("%j is shown for %j", (shown, printed) => {
    expect(wrong(shown, printed)).toBeUndefined();
  });

  test.each([
    ["30 clients", "3 clients\n"],
    ["a", "a\nb\n"],
    ["a.c", "abc\n"],
    ["at 12:00:00\nat 12:00:00", "at 01:02:03\nat 01:02:04\n"],
    ["port 10001", "port 10002\n"],
  ])("%j is not shown for %j", (shown, printed) => {
    expect(wrong(shown, printed)).toContain(printed);
  });

  test("remembers what is shown twice, across commands", () => {
    const output = new ShownOutput();
    expect(output.compare(["12:00:00"], "01:02:03\n")).toBeUndefined();
    expect(output.compare(["12:00:00"], "01:02:03\n")).toBeUndefined();
    expect(output.compare(["12:00:00"], "01:02:04\n")).toBeString();
  });
});
