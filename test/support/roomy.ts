import { Memory } from "../../src/services/memory.ts";

/** Memory enough for any test that is not about memory. */
export function roomy(): Memory {
  return new Memory({ limit: 2 ** 28, maxAnswer: 2 ** 26 });
}
