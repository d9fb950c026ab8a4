import { constants } from "node:os";
import type { Stop } from "./run-service.ts";

/** Calls `listener` for SIGTERM, SIGINT and whatever exception nothing caught. */
export function onStop(listener: (stop: Stop) => void): void {
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => listener({ signal: constants.signals[name] }));
  }
  process.on("uncaughtException", (bug) => listener({ bug }));
  process.on("unhandledRejection", (bug) => listener({ bug }));
}
