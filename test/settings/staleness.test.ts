import { expect, test } from "bun:test";
import { readProxyArgs } from "../support/preset.ts";

const HOUR = 3_600_000;

function lengths(...argv: string[]) {
  const { grace, "stale-if-error": staleIfError } = readProxyArgs(...argv);
  return { grace, staleIfError };
}

test("--stale-if-error is as long as --grace unless given: checks of a dead host must not stay green", () => {
  expect(lengths()).toEqual({ grace: 0, staleIfError: 0 });
  expect(lengths("--grace", "15s")).toEqual({ grace: 15_000, staleIfError: 15_000 });
  expect(lengths("--grace", "15s", "--stale-if-error", "24h")).toEqual({
    grace: 15_000,
    staleIfError: 24 * HOUR,
  });
  expect(lengths("--grace", "15s", "--stale-if-error", "0")).toEqual({ grace: 15_000, staleIfError: 0 });
});
