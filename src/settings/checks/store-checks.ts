import { valueOf, type Check } from "./check.ts";
import { stores } from "../rows/stores.ts";

/** Checks of second levels. */
export const STORE_CHECKS: readonly Check[] = [
  {
    flags: ["store-size", "store-timeout"],
    isWrong: (settled) => valueOf(settled, stores.store) === undefined,
    why: "{} has no effect without {store}",
  },
  {
    flags: ["shared-timeout", "shared-password", "shared-ca"],
    isWrong: (settled) => valueOf(settled, stores.shared) === undefined,
    why: "{} has no effect without {shared}",
  },
  {
    flags: ["shared-ca"],
    isWrong: (settled) => valueOf(settled, stores.shared)?.isTls === false,
    why: "{} has no effect with {shared=}: only rediss:// uses certificates",
  },
  {
    flags: ["store", "shared"],
    isWrong: (settled) => settled.valueOf("stream") === true,
    why: "{stream} and {} cannot be used together: an answer is looked up there before it could be streamed",
  },
];
