import { FetchGate } from "../../src/services/fetch/gate.ts";
import { builtIn } from "../../src/services/transform/built-in.ts";
import { systemClock } from "../../src/time/clock.ts";

/** The built-in transformations, as a transformation server offers them. */
export const TRANSFORMATIONS = builtIn({
  clock: systemClock,
  gate: new FetchGate(16, 1024),
  maxOutput: 64 * 1024 * 1024,
});
