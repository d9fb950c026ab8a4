import { describe, expect, test } from "bun:test";
import { bytesOf, exactArguments, isText } from "../../src/cli/exact-arguments.ts";

function hex(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("hex");
}

describe("exactArguments()", () => {
  test("returns text unchanged", () => {
    const argv = ["get", "sì", "🌊", ""];
    expect(exactArguments(argv)).toBe(argv);
    expect(argv.every(isText)).toBeTrue();
    for (const argument of argv) expect(Buffer.from(bytesOf(argument)).toString()).toBe(argument);
  });

  test("refuses what may have lost bytes where the system does not tell them", () => {
    const argv = ["get", "\uFFFDl.dk"];
    expect(() => exactArguments(argv, "/proc/self/none")).toThrow(
      'Cannot read the argument "\uFFFDl.dk": it is not UTF-8, and /proc/self/none cannot be read',
    );
    expect(exactArguments(["get", "l.dk"], "/proc/self/none")).toEqual(["get", "l.dk"]);
  });

  test.each([
    "\xe5l.dk",
    "a\xff",
    "\xc3\xa5\xe5",
    "\xf0\x9f\x8c\x8a\x9f",
    "\xed\xa0\x80",
    "\xef\xbf\xbd",
    "\xc0\xaf",
  ])("loses no byte of %j", (latin1) => {
    const module = `${import.meta.dirname}/../../src/cli/exact-arguments.ts`;
    const script = `import { bytesOf, exactArguments } from ${JSON.stringify(module)};
        const argv = exactArguments(process.argv.slice(-3));
        process.stdout.write(argv.map((each) => Buffer.from(bytesOf(each)).toString("hex")).join());`;
    const octal = Array.from(latin1, (char) => `\\${char.charCodeAt(0).toString(8)}`).join("");
    const command = `exec "$0" -e "$1" -- first "$(printf '${octal}')" ''`;
    const { stdout } = Bun.spawnSync(["sh", "-c", command, process.execPath, script]);
    expect(stdout.toString()).toBe(["first", latin1, ""].map(hex).join());
  });
});
