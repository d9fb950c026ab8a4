import { test } from "bun:test";
import * as fc from "fast-check";
import { nodesPlay } from "./nodes-play.ts";
import { enactNodes } from "./nodes-stage.ts";

const RUNS = 1000;
const LIMIT_MS = 120_000;

test(
  "Two nodes that share a server keep I1, I4 and I5 whatever happens, and share each fetch unless the server is down",
  () => fc.assert(fc.property(nodesPlay, enactNodes), { numRuns: RUNS, includeErrorInReport: true }),
  LIMIT_MS,
);
