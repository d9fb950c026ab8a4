import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { poetry, RunningService } from "./support/program.ts";

setDefaultTimeout(30_000);

const ROOT = join(import.meta.dirname, "../");
const README = readFileSync(`${ROOT}README.md`, "utf8");
const POEM = readFileSync(`${ROOT}poetry/ecstasy.txt`, "utf8");

/** The lines of the blocks of one section of the README. */
function blocksOf(heading: string): string[][] {
  const [, section = ""] = README.split(`\n## ${heading}\n`);
  const [text = ""] = section.split("\n## ");
  return [...text.matchAll(/```(?:sh)?\n(.*?)```/gs)].map(([, block = ""]) => block.trimEnd().split("\n"));
}

/** The services of a walkthrough, each on a port that was free, and called by the README's. */
class LineUp implements AsyncDisposable {
  readonly #services = new Map<string, RunningService>();

  /** Runs `poetry …`, with real ports for the README's. */
  async start(line: string): Promise<void> {
    const port = / --port (\d+)$/.exec(line)?.[1] as string;
    const words = this.#words(line.replace(/ --port \d+$/, ""));
    this.#services.set(port, await RunningService.start(...words));
  }

  run(line: string): ReturnType<typeof poetry> {
    return poetry(...this.#words(line));
  }

  /** Waits until a service has logged as many lines as the README shows; gives them with its ports and times. */
  async log(port: string, count: number): Promise<string[]> {
    const service = this.#services.get(port) as RunningService;
    await service.until(() => service.lines.length >= count);
    return service.lines.map((line) => {
      let text = line.replace(/ in \d+ms\./, " in Nms.");
      for (const [shown, { port: real }] of this.#services) text = text.replaceAll(`:${real}`, `:${shown}`);
      return text;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services.values()) await service[Symbol.asyncDispose]();
  }

  #words(line: string): string[] {
    const [, ...words] = line.split(" ");
    return words.map((word) => `${this.#services.get(word)?.port ?? word}`);
  }
}

test("README's line-up of transformations does what it says", async () => {
  const blocks = blocksOf("Transforming poems on the way");
  const [commands = [], serverLog = [], proxyLog = []] = blocks.map((lines) =>
    lines.map((line) => line.replace(/ in \d+ms\./, " in Nms.")),
  );
  const [get = "", ...services] = commands.toReversed();
  await using lineUp = new LineUp();
  for (const line of services.toReversed()) await lineUp.start(line);
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await lineUp.run(get);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toBe(POEM.toLowerCase());
  }
  expect(services).toHaveLength(3);
  expect(await lineUp.log("11000", serverLog.length)).toEqual(serverLog);
  expect(await lineUp.log("11001", proxyLog.length)).toEqual(proxyLog);
});
