import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dir, "../../examples/deferred");

for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts")))
  test(`examples/deferred/${file} prints its .out file`, async () => {
    const example = Bun.spawn([process.execPath, join(folder, file)], { stderr: "pipe" });
    const [printed, complaints, expected] = await Promise.all([
      new Response(example.stdout).text(),
      new Response(example.stderr).text(),
      Bun.file(join(folder, file.replace(/\.ts$/, ".out"))).text(),
    ]);
    expect({ printed, complaints, exitCode: await example.exited }).toEqual({
      printed: expected,
      complaints: "",
      exitCode: 0,
    });
  });
