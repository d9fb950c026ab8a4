import { test } from "bun:test";
import * as fc from "fast-check";
import { play } from "./play.ts";
import { enact } from "./stage.ts";

const RUNS = 15_000;
const LIMIT_MS = 120_000;

test(
  "Proxy follows its policy and keeps I1 to I6, whatever happens in any order",
  () => fc.assert(fc.property(play, enact), { numRuns: RUNS, includeErrorInReport: true }),
  LIMIT_MS,
);
