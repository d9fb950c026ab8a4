import { test } from "bun:test";
import * as fc from "fast-check";
import { tightPlay } from "./tight-play.ts";
import { enactTight } from "./tight-stage.ts";

const RUNS = 4000;
const LIMIT_MS = 120_000;

test(
  "Proxy never holds more than --max-memory and --max-answer, whatever clients and upstreams do, and every client gets its turn",
  () => fc.assert(fc.property(tightPlay, enactTight), { numRuns: RUNS, includeErrorInReport: true }),
  LIMIT_MS,
);
