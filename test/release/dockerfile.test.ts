import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../scripts/compile.ts";
import { testWith } from "../peers/peer.ts";
import { Debian, debian } from "../support/release/debian.ts";
import { released } from "../support/release/released.ts";
import { START } from "../support/release/walk.ts";

setDefaultTimeout(120_000);

const TEXT = readFileSync(join(ROOT, "packaging/Dockerfile"), "utf8").replaceAll(/\\\n\s*/g, "");
/** The instructions of the stage that becomes the image. */
const IMAGE = Array.from(
  TEXT.slice(TEXT.lastIndexOf("\nFROM")).matchAll(/^([A-Z]+) (.+)$/gm),
  ([, name = "", rest = ""]) => ({
    name,
    rest,
  }),
);

/** The argument of an instruction that occurs once; with `isList`, the words of its JSON array. */
function valueOf(name: string): string {
  const found = IMAGE.filter((each) => each.name === name);
  expect(found).toHaveLength(1);
  return (found[0] as { rest: string }).rest;
}

function wordsOf(name: string): string[] {
  return JSON.parse(valueOf(name).replace(/^.*?\[/, "[")) as string[];
}

describe("packaging/Dockerfile", () => {
  test("has a tag for every image, and starts programs without a shell and not as root", () => {
    for (const [, image] of TEXT.matchAll(/^FROM (\S+)/gm)) expect(image).toMatch(/:(?!latest)[\w.-]+$/);
    expect(valueOf("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const name of ["ENTRYPOINT", "CMD", "HEALTHCHECK"]) expect(wordsOf(name).length).toBeGreaterThan(0);
  });

  testWith(debian, "its image is healthy while it serves, and not before or after", async () => {
    await using system = await Debian.create();
    await system.bring(released().executable);
    await mkdir(join(system.path, "etc/poetry-proxy"));
    const config = '[serve.version]\nfile = "/etc/debian_version"\nport = 10001\n';
    await writeFile(join(system.path, "etc/poetry-proxy/poetry.toml"), config);
    const [, uid = "", gid = ""] = /^(\d+):(\d+)$/.exec(valueOf("USER")) ?? [];
    const as = `env ${valueOf("ENV")} setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs`;
    const healthy = `${as} ${wordsOf("HEALTHCHECK").join(" ")}`;
    const { code, stdout, stderr } = await system.run(`${START}
      cp poetry /usr/local/bin/poetry; install -d -o ${uid} /run/poetry-proxy
      ${healthy} && exit 9
      start ${as} ${[...wordsOf("ENTRYPOINT"), ...wordsOf("CMD")].join(" ")}
      ${healthy}
      poetry get 10001
      kill "$started"; wait "$started"
      ${healthy} && exit 9
      echo over`);
    const version = readFileSync(join(system.path, "etc/debian_version"), "utf8");
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: `${version}over\n` });
    expect(stderr).toContain("Cannot reach poetry at /run/poetry-proxy/control.sock");
  });
});
