import { expect, test } from "bun:test";
import { join } from "node:path";
import { run } from "../support/program.ts";

const MOD = join(import.meta.dirname, "../../src/deferred/mod.ts");

/** Runs a program that uses Deferreds to its end. */
async function end(program: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const source = `
    import * as library from ${JSON.stringify(MOD)};
    const { CancelledError, Deferred, fail, setDebugging, setUnhandledErrorReporter, succeed } = library;
    ${program}`;
  const { code, stdout, stderr } = await run([process.execPath, "-e", source]);
  return { code, stdout: stdout.toString(), stderr };
}

test("An error that nobody handled ends the program with 1 and its stack, as for a Promise", async () => {
  const { code, stderr } = await end(
    'fail(new RangeError("lost")); setTimeout(() => console.log("never"), 1000);',
  );
  expect(code).toBe(1);
  expect(stderr).toContain("RangeError: lost");
});

test("An error that is not an Error is reported with its value", async () => {
  const { code, stderr } = await end('fail("lost");');
  expect(code).toBe(1);
  expect(stderr).toContain("Unhandled error in Deferred: lost");
});

test("An error that gets an errback in the same turn is handled", async () => {
  expect(
    await end(`
    const d = fail(new Error("found"));
    queueMicrotask(() => Promise.resolve().then(() => d.addErrback(({ value }) => console.log(value.message))));
  `),
  ).toEqual({ code: 0, stdout: "found\n", stderr: "" });
});

test("An error goes to the listeners of uncaughtException", async () => {
  expect(
    await end(`
    process.on("uncaughtException", (error) => console.log("caught", error.message));
    fail(new Error("lost"));
  `),
  ).toEqual({ code: 0, stdout: "caught lost\n", stderr: "" });
});

test("An error that is unhandled when the process exits is reported then, and the exit code is 1", async () => {
  const { code, stderr } = await end('fail(new Error("lost")); process.exit();');
  expect(code).toBe(1);
  expect(stderr).toContain("Unhandled error in Deferred: Error: lost");
  expect((await end('fail(new Error("lost")); process.exit(3);')).code).toBe(3);
});

test("An error that only collection would report is reported at exit", async () => {
  expect(
    await end(`
    setUnhandledErrorReporter((failure) => console.log("told", failure.getErrorMessage()), { when: "collection" });
    globalThis.kept = fail(new Error("lost"));
  `),
  ).toEqual({ code: 0, stdout: "told lost\n", stderr: "" });
});

test("A cancelled Deferred is not an error", async () => {
  expect(await end("new Deferred().cancel(); library.race([new Deferred()]).cancel();")).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
});

test("An error in debug mode is reported with the places where its Deferred was made and fired", async () => {
  const { code, stderr } = await end('setDebugging(true); fail(new Error("lost"));');
  expect(code).toBe(1);
  expect(stderr).toContain("First fired:");
});
