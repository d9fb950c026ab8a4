import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { poetry, RunningService } from "./support/program.ts";

setDefaultTimeout(30_000);

const ROOT = join(import.meta.dirname, "../");

/** The lines of the blocks of one section of a document. */
function blocksOf(document: string, heading: string): string[][] {
  const [, section = ""] = readFileSync(ROOT + document, "utf8").split(`\n## ${heading}\n`);
  const [text = ""] = section.split("\n## ");
  return [...text.matchAll(/```(?:sh)?\n(.*?)```/gs)].map(([, block = ""]) => block.trimEnd().split("\n"));
}

/** A log line without the parts that differ from run to run. */
function lasting(line: string): string {
  return line
    .replace(/ in \d+ms\./, " in Nms.")
    .replace(/ poetry to 127\.0\.0\.1:\d+\./, " poetry to CLIENT.");
}

/** The services of a walkthrough, each on a free port, known by the port that the document uses. */
class LineUp implements AsyncDisposable {
  readonly #services = new Map<string, RunningService>();

  /** Runs `poetry …`, with the document's ports replaced by the real ones. */
  async start(line: string): Promise<void> {
    const [, port = ""] = / --port (\d+)/.exec(line) ?? [];
    const words = this.#words(line.replace(/ --port \d+/, ""));
    this.#services.set(port, await RunningService.start(...words));
  }

  run(line: string): ReturnType<typeof poetry> {
    return poetry(...this.#words(line));
  }

  /** Waits until a service has logged as many lines as the document shows; returns them with the document's ports. */
  async log(port: string, count: number): Promise<string[]> {
    const service = this.#services.get(port) as RunningService;
    await service.until(() => service.lines.length >= count);
    return service.lines.map((line) => {
      let text = lasting(line);
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

/** A document, a section of it, the ports whose logs it shows, and the resulting poem. */
const WALKTHROUGHS = [
  { document: "README.md", heading: "Three lines", logs: ["10001", "10000"], poem: "science.txt" },
  {
    document: "docs/part-14.md",
    heading: "Proxy 1.0: maybeDeferred",
    logs: ["10000"],
    poem: "fascination.txt",
  },
  {
    document: "docs/transformations.md",
    heading: "Four lines",
    logs: ["11000", "11001"],
    poem: "ecstasy.txt",
    transform: (poem: string) => poem.toLowerCase(),
  },
];

test.each(WALKTHROUGHS)("$document, $heading: the commands do what the text says", async (walk) => {
  const { document, heading, logs, poem, transform = (text: string) => text } = walk;
  const [commands = [], ...shown] = blocksOf(document, heading);
  const [get = "", ...services] = commands.toReversed();
  await using lineUp = new LineUp();
  for (const line of services.toReversed()) await lineUp.start(line);
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await lineUp.run(get);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString()).toBe(transform(readFileSync(`${ROOT}poetry/${poem}`, "utf8")));
  }
  for (const [i, port] of logs.entries()) {
    const lines = (shown[i] ?? []).map(lasting);
    expect(await lineUp.log(port, lines.length)).toEqual(lines);
  }
});
