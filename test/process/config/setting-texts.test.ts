import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { textsOf } from "../../../src/process/config/setting-texts.ts";
import { parseToml } from "../../../src/process/config/toml.ts";
import { group, list, setting, type Setting } from "../../../src/settings/setting.ts";
import { TempDir } from "../../support/temp-dir.ts";

const parse = (text: string) => text;
const { password, place, path, socket, names, words } = group("", {
  password: setting({ help: "", secret: true, parse }),
  place: setting({ help: "", namesSecret: true, isPath: "file:", parse }),
  path: setting({ help: "", isPath: true, parse }),
  socket: setting({ help: "", isPath: "unix:", parse }),
  names: list({ help: "", parse }),
  words: setting({ help: "", separator: ",", parse }),
});

function readAs(it: Setting, value: string, directory = "/etc"): readonly string[] | string {
  const entry = parseToml(`it = ${value}`).root.entries.get("it");
  const mistakes: string[] = [];
  const read = textsOf(
    it,
    entry?.value ?? { kind: "broken", at: { line: 1, column: 1 } },
    directory,
    (mistake) => mistakes.push(`${mistake.at.column} ${mistake.text}`),
  );
  return read?.texts ?? mistakes.join("\n");
}

describe("textsOf()", () => {
  test("resolves a path from the folder of the file", () => {
    expect(readAs(path, '"a/b"')).toEqual(["/etc/a/b"]);
    expect(readAs(path, '"/a/b"')).toEqual(["/a/b"]);
  });

  test("accepts a list as a text or an array, and joins it with the separator of the flag", () => {
    expect(readAs(names, '"a,b"')).toEqual(["a,b"]);
    expect(readAs(names, '["a", 1]')).toEqual(["a", "1"]);
    expect(readAs(words, '["a", "b"]')).toEqual(["a,b"]);
    expect(readAs(names, '["a", true, {}]')).toBe(
      "12 bad names: expected a string or a number in the array, got true or false\n18 bad names: expected a string or a number in the array, got a table",
    );
  });

  test("reads a secret from the environment or a file", async () => {
    await using dir = new TempDir();
    await dir.write("secret", "tell nobody\n");
    expect(readAs(password, "{ env = 'HOME' }")).toEqual([process.env.HOME ?? ""]);
    expect(readAs(password, "{ file = 'secret' }", dir.path)).toEqual(["tell nobody"]);
    expect(readAs(password, `{ file = '${join(dir.path, "secret")}' }`)).toEqual(["tell nobody"]);
    expect(readAs(password, "'plain'")).toEqual(["plain"]);
  });

  test("accepts the place of a secret in the same form", () => {
    expect(readAs(place, "{ env = 'HOME' }")).toEqual(["env:HOME"]);
    expect(readAs(place, "{ file = 'secret' }", "/etc")).toEqual(["file:/etc/secret"]);
    expect(readAs(place, "'file:secret'", "/etc")).toEqual(["file:/etc/secret"]);
    expect(readAs(place, "'env:HOME'", "/etc")).toEqual(["env:HOME"]);
  });

  test("makes the path after unix: absolute, but not abstract names", () => {
    expect(readAs(socket, "'unix:a/b'", "/run")).toEqual(["unix:/run/a/b"]);
    for (const text of ["unix:/a", "unix:@a", "9100", "unix:"])
      expect(readAs(socket, `'${text}'`, "/run")).toEqual([text]);
  });

  test("says why there is no secret, and never shows it", async () => {
    await using dir = new TempDir();
    await dir.write("empty", "");
    await dir.write("long", "x".repeat(70_000));
    expect(readAs(password, "{ env = 'NO_SUCH_THING' }")).toBe(
      "14 bad password: the environment has no variable NO_SUCH_THING",
    );
    const file = (name: string) => readAs(password, `{ file = '${name}' }`, dir.path);
    expect(file("nothing")).toBe(`15 bad password: cannot read ${dir.path}/nothing: no such file (ENOENT)`);
    expect(file("empty")).toContain("it is empty");
    expect(file("long")).toContain("it is longer than 65536 bytes");
    expect(file(".")).toContain("it is not a file");
    expect(file("/dev/zero")).toContain("it is not a file");
    const usage = 'bad password: expected { env = "NAME" } or { file = "PATH" }';
    expect(readAs(password, "{ env = 'A', file = 'b' }")).toContain(usage);
    expect(readAs(password, "{ env = 1 }")).toContain(usage);
    expect(readAs(password, "{}")).toContain(usage);
    expect(readAs(path, "{ env = 'A' }")).toContain("bad path: expected a string or a number, got a table");
  });
});
