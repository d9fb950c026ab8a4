import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { POEM, whole } from "../support/poem.ts";
import { POETRY, poetry, RunningProgram } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";
import { untilListening } from "../support/until.ts";
import { Visitor } from "../support/visitor.ts";

/** A poem server on a Unix socket, once it listens. */
async function serve(dir: TempDir, path: string, ...args: string[]): Promise<RunningProgram> {
  const file = await dir.write("poem.txt", POEM);
  const server = new RunningProgram([POETRY, "serve", file, "--listen", `unix:${path}`, ...args]);
  await server.until((line) => line.includes(` on unix:${path}.`));
  return server;
}

describe("poetry serve --listen unix:PATH", () => {
  test("replaces the socket of a killed process, and removes its own at its end", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "poem.sock");
    {
      await using killed = await serve(dir, path);
      killed.signal("SIGKILL");
      await killed.exited;
    }
    expect(lstatSync(path).isSocket()).toBe(true);
    await using server = await serve(dir, path, "--socket-mode", "0640");
    expect((lstatSync(path).mode & 0o777).toString(8)).toBe("640");
    expect(await new Visitor({ path }).visit).toEqual(whole);
    expect((await poetry("get", `unix:${path}`)).stdout.toString()).toBe(POEM);
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("does not touch a socket that is in use: exit code 1", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "poem.sock");
    await using _ = await serve(dir, path);
    const { code, stderr } = await poetry("serve", `${dir.path}/poem.txt`, "--listen", `unix:${path}`);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: Cannot listen on unix:${path}: something is already listening there (EADDRINUSE)\n`,
    });
    await untilListening({ path });
    expect(await new Visitor({ path }).visit).toEqual(whole);
  });

  test("rejects a path that is too long or in a missing folder: exit code 2", async () => {
    await using dir = new TempDir();
    const file = await dir.write("poem.txt", POEM);
    const long = await poetry("serve", file, "--listen", `unix:/${"x".repeat(107)}`);
    expect(long.code).toBe(2);
    expect(long.stderr).toContain("expected at most 107 bytes after unix:, not 108");
    const nowhere = await poetry("serve", file, "--listen", "unix:/nowhere/poem.sock");
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('Bad --listen "unix:/nowhere/poem.sock": there is no folder /nowhere');
  });
});
