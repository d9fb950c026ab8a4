import { describe, expect, test } from "bun:test";
import { everyCommand, GROUPS } from "../../../src/cli/catalogue.ts";
import { complete } from "../../../src/cli/completion/complete.ts";
import { FLAGS } from "../../support/flags-of.ts";
import { presets } from "../../../src/settings/presets.ts";
import { group, setting } from "../../../src/settings/setting.ts";

const vocabulary = { commands: await everyCommand(), groups: GROUPS };

/** The completions of the last word of a line, which is given without the program's name. */
function wordsFor(line: string): string[] {
  return complete(vocabulary, line.split(" ")).candidates.map(({ word }) => word);
}

/** The names that a running process is asked for in order to complete the last word of a line. */
function namesFor(line: string) {
  return complete(vocabulary, line.split(" ")).names;
}

describe("complete()", () => {
  test("knows every command, every group, and the commands of a group", () => {
    const first = wordsFor("");
    for (const { name } of vocabulary.commands) {
      const [word = "", second] = name.split(" ");
      expect(first).toContain(word);
      if (second !== undefined) expect(wordsFor(`${word} `)).toContain(second);
    }
    expect(wordsFor("help ct")).toEqual(["ctl"]);
    expect(wordsFor("ctl re")).toEqual(["release", "reload"]);
    expect(wordsFor("--v")).toEqual(["--version"]);
  });

  test.each(vocabulary.commands.map(({ name }) => name))("knows every flag of poetry %s", (name) => {
    expect(wordsFor(`${name} --`).toSorted()).toEqual(FLAGS.get(name)?.long ?? []);
    expect(wordsFor(`${name} -`)).toEqual(expect.arrayContaining(FLAGS.get(name)?.short ?? []));
  });

  test.each([
    ["proxy 1 --preset whoi", ["whois"]],
    ["proxy 1 --preset=whoi", ["--preset=whois"]],
    ["proxy 1 --log ", ["text", "json"]],
    ["proxy 1 --key-fold trim,", ["trim,crlf", "trim,squeeze", "trim,lower", "trim,word"]],
    ["proxy 1 --request by", []], // bytes:N is not a word.
    ["presets zo", ["zookeeper"]],
    ["config s", ["sample", "schema"]],
    ["completion ", ["bash", "zsh", "fish"]],
    ["ctl log d", ["debug"]],
    ["proxy 1 --quiet=", []],
  ])("%s: words of a closed set", (line, words) => {
    expect(wordsFor(line)).toEqual(words);
  });

  test("offers a flag once, and a list flag any number of times", () => {
    expect(wordsFor("serve poem.txt --port 1 --po")).toEqual([]);
    expect(wordsFor("serve poem.txt -p 1 --po")).toEqual([]);
    expect(wordsFor("serve poem.txt --listen 1 --liste")).toEqual(["--listen"]);
  });

  test("treats a word after a flag as its value, and words after -- as arguments", () => {
    expect(complete(vocabulary, ["serve", "--port", ""]).candidates).toEqual([]);
    expect(complete(vocabulary, ["serve", "--port", "1", ""])).toMatchObject({ files: "" });
    expect(complete(vocabulary, ["serve", "--", "--p"])).toEqual({ candidates: [], files: "" });
  });

  test.each([
    ["up ", ""],
    ["check a.toml ", ""],
    ["get 1 --output ", ""],
    ["proxy 1 --store=poe", "--store="],
    ["proxy 1 --metrics unix:/ru", "unix:"],
    ["proxy 1 --shared-password=file:x", "--shared-password=file:"],
    ["ctl status --socket ", ""],
  ])("%s: names of files", (line, prefix) => {
    expect(complete(vocabulary, line.split(" "))).toEqual({ candidates: [], files: prefix });
  });

  test("asks a running process for its services and upstreams", () => {
    expect(namesFor("ctl ls --socket s --service=wh")).toEqual({
      of: "services",
      prefix: "--service=",
      start: "wh",
      socket: "s",
      service: undefined,
    });
    expect(namesFor("ctl show --service whois ec")).toMatchObject({
      of: "keys",
      start: "ec",
      service: "whois",
    });
    expect(namesFor("ctl purge ")).toMatchObject({ of: "keys", start: "", service: undefined });
    expect(namesFor("ctl hold ")).toMatchObject({ of: "upstreams", start: "", socket: undefined });
  });

  test("offers flags where an argument may have any value", () => {
    expect(wordsFor("get ")).toContain("--request");
    expect(wordsFor("get 10001 ")).toContain("--request");
  });

  test("knows a flag that is added to the table, and its possible values", () => {
    const proxy = vocabulary.commands.find(({ name }) => name === "proxy");
    const more = group("Fetching", {
      mood: setting({ words: ["glad", "sad"], parse: (text) => text, help: "How to ask" }),
    });
    const commands = [{ name: "proxy", description: "", settings: { ...proxy?.settings, ...more } }];
    const words = (line: string) => complete({ commands, groups: {} }, line.split(" ")).candidates;
    expect(words("proxy 1 --moo")).toEqual([{ word: "--mood", help: "How to ask" }]);
    expect(words("proxy 1 --mood g")).toEqual([{ word: "glad" }]);
  });

  test("knows every preset", () => {
    expect(wordsFor("proxy 1 --preset ")).toEqual(Object.keys(presets));
  });
});
