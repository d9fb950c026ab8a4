import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { childrenOf } from "../bench/proc.ts";
import { answerOf, AnswerCheck } from "../bench/soak/answer.ts";
import { visit } from "../bench/soak/client.ts";
import { Dice } from "../bench/soak/dice.ts";
import { Ledger } from "../bench/soak/ledger.ts";
import { slopeOf } from "../bench/soak/slope.ts";
import { ScriptedPeer } from "./support/scripted-peer.ts";

const SOAK = join(import.meta.dirname, "../bench/soak.ts");
const VERSION = { number: 7, length: 5000, key: "poem-3" };

/** Whether that process is running, and not a zombie. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The verdict about these bytes, which come in pieces before an orderly end. */
function judge(bytes: Buffer, key = VERSION.key): string {
  const check = new AnswerCheck(key);
  for (let from = 0; from < bytes.length; from += 13) check.take(bytes.subarray(from, from + 13));
  return check.end();
}

/** The outcomes of twenty visits to a server with that script, other than `left`. */
async function outcomes(script: ConstructorParameters<typeof ScriptedPeer>[0]): Promise<string[]> {
  await using server = new ScriptedPeer(script);
  const dice = new Dice(3);
  const options = { port: server.port, dice, asks: false, patience: 10_000 };
  const visits = await Promise.all(Array.from({ length: 20 }, () => visit(options)));
  return [...new Set(visits.map(({ outcome }) => outcome))].filter((outcome) => outcome !== "left");
}

/** A hundred random picks with that seed. */
function picks(seed: number): string[] {
  const dice = new Dice(seed);
  return Array.from({ length: 100 }, () => dice.pick({ often: 9, seldom: 1, never: 0 }));
}

function soak(...args: string[]): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, SOAK, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

describe("AnswerCheck", () => {
  const answer = answerOf(VERSION);

  test("recognizes a complete answer", () => {
    expect(answer).toHaveLength(VERSION.length);
    expect(judge(answer)).toBe("whole");
  });

  test("notices every end that comes too early", () => {
    for (const length of [0, 1, 47, 48, 49, 2500, 4999])
      expect(judge(answer.subarray(0, length))).toBe("truncated");
  });

  test("notices a wrong byte, one too many, and the answer to another request", () => {
    for (const at of [0, 5, 48, 3000, 4999]) {
      const wrong = Buffer.from(answer);
      wrong[at] = (wrong[at] as number) ^ 1;
      expect(judge(wrong)).not.toBe("whole");
    }
    expect(judge(Buffer.concat([answer, Buffer.from(" ")]))).toBe("wrong");
    expect(judge(answer, "poem-4")).toBe("wrong");
  });

  test("distinguishes two versions", () => {
    const other = answerOf({ ...VERSION, number: 8 });
    expect(judge(Buffer.concat([answer.subarray(0, 2000), other.subarray(2000)]))).toBe("wrong");
  });
});

describe("visit()", () => {
  const answer = answerOf({ ...VERSION, key: "" });

  test("detects half an answer with a clean end, whatever the client's manners", async () => {
    expect(await outcomes((peer) => peer.send(answer.subarray(0, 2000)).fin())).toEqual(["truncated"]);
  });

  test("recognizes a complete answer and a reset", async () => {
    expect(await outcomes((peer) => peer.send(answer).fin())).toEqual(["whole"]);
    expect(await outcomes((peer) => peer.reset())).toEqual(["reset"]);
  });
});

describe("Ledger", () => {
  test("compares what each client has read with what its line says, whichever comes first", () => {
    const ledger = new Ledger();
    ledger.logged(1001, 30);
    ledger.visited(1001, { outcome: "whole", received: 30 });
    ledger.visited(1002, { outcome: "left", received: 7 });
    ledger.logged(1002, 30); // It did not wait for the rest.
    ledger.logged(undefined, 5);
    expect(ledger).toMatchObject({ lines: 3, bytesOut: 65, compared: 2, differing: [] });
  });

  test("notices a byte that only one side knows", () => {
    const ledger = new Ledger();
    for (const [port, outcome, received] of [
      [1001, "whole", 29],
      [1002, "refusal", 31],
      [1003, "left", 31],
    ] as const) {
      ledger.visited(port, { outcome, received });
      ledger.logged(port, 30);
    }
    expect(ledger.compared).toBe(3);
    expect(ledger.differing).toHaveLength(3);
  });

  test("does not confuse clients that had the same port", () => {
    const ledger = new Ledger();
    ledger.visited(1001, { outcome: "left", received: 0 });
    ledger.begins(1001);
    ledger.logged(1001, 30);
    ledger.visited(1001, { outcome: "whole", received: 30 });
    expect(ledger).toMatchObject({ compared: 1, differing: [] });
  });
});

test("Dice are repeatable, and follow their weights", () => {
  expect(picks(1)).toEqual(picks(1));
  expect(picks(1)).not.toEqual(picks(2));
  expect(new Set(picks(1))).toEqual(new Set(["often", "seldom"]));
});

test("slopeOf() is the growth per minute, without the warm-up", () => {
  const growing = Array.from({ length: 100 }, (_, at) => ({ at, bytes: at < 30 ? 10 * at : 1000 + 2 * at }));
  expect(slopeOf(growing)).toBeCloseTo(120);
});

describe("bun run soak", () => {
  test("finds nothing in two seconds", async () => {
    const child = soak("--seconds", "2", "--seed", "6");
    const output = await child.stdout.text();
    expect(output).toContain("--seed 6");
    expect(output).not.toContain("MISSED");
    expect(await child.exited).toBe(0);
  }, 60_000);

  test("ends on SIGINT, and ends its proxies, too", async () => {
    const child = soak("--seconds", "60");
    const reader = child.stdout.getReader();
    for (let output = ""; !output.includes(" 0 s ");)
      output += Buffer.from((await reader.read()).value ?? []).toString(); // Then all of them run.
    const proxies = childrenOf(child.pid);
    expect(proxies.length).toBeGreaterThan(3);
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    while (proxies.some(runs)) await Bun.sleep(5);
  });

  test("rejects nonsense", async () => {
    expect(await soak("--seconds", "soon").exited).toBe(2);
  });
});
