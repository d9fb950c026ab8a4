import { Memory } from "../../src/services/memory.ts";

/** Memory of which there is enough for any test that is not about it. */
export function roomy(): Memory {
  return new Memory({ limit: 2 ** 28, maxAnswer: 2 ** 26 });
}
