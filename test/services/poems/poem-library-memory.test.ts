import { expect, spyOn, test } from "bun:test";
import { Memory } from "../../../src/services/memory.ts";
import { PoemLibrary } from "../../../src/services/poems/poem-library.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { nextTurn } from "../../support/next-turn.ts";
import { TempDir } from "../../support/temp-dir.ts";

const MIB = 2 ** 20;

async function setUp(titles: readonly string[]) {
  const dir = new TempDir();
  for (const title of titles) await dir.write(`${title}.txt`, Buffer.alloc(MIB, title));
  const memory = new Memory({ limit: 4.5 * MIB, maxAnswer: MIB });
  const entering = spyOn(memory.intake, "enter");
  const library = new PoemLibrary({
    directory: dir.path,
    clock: new ManualClock(),
    maxPoem: MIB,
    memory,
    skipped: () => {},
  });
  /** How many poems are kept. */
  const kept = () => Math.floor(memory.budget.entries / MIB);
  const untilAsked = async (times: number) => {
    while (entering.mock.calls.length < times) await nextTurn();
  };
  return {
    library,
    memory,
    kept,
    untilAsked,
    entering,
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

test("PoemLibrary reads a poem only when there is memory for it", async () => {
  await using stage = await setUp(["a"]);
  const { library, memory, untilAsked, entering } = stage;
  const other = memory.intake.open();
  other.takes(2.5 * MIB); // Of 3.4.
  const found = library.find("a");
  await untilAsked(1);
  expect(entering.mock.results[0]?.value).toMatchObject({ called: false });
  other.close();
  expect((await found)?.bytes).toHaveLength(MIB);
  expect([memory.budget.used, stage.kept()]).toEqual([0, 1]);
});

test("PoemLibrary keeps poems as far as other memory leaves room", async () => {
  await using stage = await setUp(["a", "b", "c", "d", "e"]);
  const { library, memory, kept } = stage;
  for (const title of ["a", "b", "c", "d", "e"]) await library.find(title);
  expect(kept()).toBe(4);
  memory.budget.add(2.5 * MIB);
  expect(kept()).toBe(1);
  expect((await library.find("a"))?.bytes.at(0)).toBe("a".charCodeAt(0));
  expect(kept()).toBe(1);
});

test("PoemLibrary leaves nothing behind for a client that leaves while it waits for memory", async () => {
  await using stage = await setUp(["a"]);
  const { library, memory } = stage;
  const other = memory.intake.open();
  other.takes(2.5 * MIB);
  const leaves = library.find("a");
  await stage.untilAsked(1);
  leaves.cancel();
  await leaves.addErrback(() => undefined);
  other.close();
  while (memory.budget.used > 0) await nextTurn();
  expect((await library.find("a"))?.bytes).toHaveLength(MIB);
  expect(memory.budget.used).toBe(0);
});
