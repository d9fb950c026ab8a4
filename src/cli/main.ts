import pkg from "../../package.json" with { type: "json" };
import { print } from "./print.ts";

/**
 * Runs the command line `argv` (without the program's name).
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export async function main(argv: string[]): Promise<number> {
  if (argv[0] === "--version") {
    return print(1, `${pkg.version}\n`); // First, because it needs none of the modules that are slow to load.
  }
  const { dispatch } = await import("./dispatch.ts");
  return dispatch(argv);
}
