import { test } from "bun:test";
import * as fc from "fast-check";
import { dialogue } from "./pipes-play.ts";
import { enactDialogue } from "./pipes-stage.ts";

const RUNS = 200;
const LIMIT_MS = 120_000;

test(
  "Proxy pipes uncacheable requests as if it were not there, whichever side sends, closes or resets, and when",
  () => fc.assert(fc.asyncProperty(dialogue, enactDialogue), { numRuns: RUNS, includeErrorInReport: true }),
  LIMIT_MS,
);
