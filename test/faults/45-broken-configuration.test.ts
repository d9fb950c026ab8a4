import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { closedPort } from "../support/closed-port.ts";
import { POETRY, poetry, RunningProgram } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit } from "../support/visitor.ts";

setDefaultTimeout(30_000);

test("poetry up continues as before if the new configuration is wrong, by SIGHUP and by ctl", async () => {
  await using dir = new TempDir();
  await dir.write("poem.txt", "Thou hast made me\n");
  const port = closedPort();
  const socket = join(dir.path, "control.sock");
  const good = `[control]\nsocket = "${socket}"\n[serve.poem]\nfile = "poem.txt"\nport = ${port}\n`;
  const file = await dir.write("poetry.toml", good);
  await using up = new RunningProgram([POETRY, "up", file]);
  await up.until((line) => line.startsWith("poem: Serving"));
  await dir.write("poetry.toml", `${good}tll = 1\nport = 5\n`);
  const wrong = [
    `${file}:6:1: serve.poem: unknown key "tll"`,
    `${file}:7:1: "port" is already defined in line 5`,
  ];

  up.signal("SIGHUP");
  for (const line of wrong) await up.until((each) => each === `error: Not reloaded: ${line}`);
  expect((await visit(port)).bytes.toString()).toBe("Thou hast made me\n");

  const refused = await poetry("ctl", "reload", "--socket", socket);
  expect(refused.code).toBe(1);
  for (const line of wrong) expect(refused.stderr).toContain(line);
  expect((await visit(port)).end).toBe("fin");

  await dir.write("poem.txt", "and shall thy work decay?\n");
  await dir.write("poetry.toml", good);
  const done = await poetry("ctl", "reload", "--socket", socket);
  expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: "" });
  expect((await visit(port)).bytes.toString()).toBe("and shall thy work decay?\n");
  up.signal("SIGTERM");
  expect(await up.exited).toBe(0);
});
