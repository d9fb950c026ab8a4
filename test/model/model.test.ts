import { test } from "bun:test";
import * as fc from "fast-check";
import { play } from "./play.ts";
import { ModelStage } from "./stage.ts";

const RUNS = 10_000;
const LIMIT_MS = 60_000;

test(
  "Proxy does what its policy says and keeps I1 to I6, whatever happens in whatever order",
  () => fc.assert(fc.property(play, ModelStage.run), { numRuns: RUNS, includeErrorInReport: true }),
  LIMIT_MS,
);
