import pkg from "../../package.json" with { type: "json" };
import { exactArguments } from "./exact-arguments.ts";
import { print } from "./print.ts";

/**
 * Runs the command line `argv` (without the program's name).
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === "--version") {
    print(1, `${pkg.version}\n`); // First: it needs nothing of what takes the time to load.
    return 0;
  }
  const { run } = await import("./run.ts");
  return run(exactArguments(argv));
}
