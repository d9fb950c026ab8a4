import { describe, expect, test } from "bun:test";
import { parseTest } from "../../src/protocols/pattern.ts";
import type { answers } from "../../src/settings/rows/answers.ts";
import { proxy } from "../../src/settings/commands.ts";
import { presets } from "../../src/settings/presets.ts";
import { requests } from "../../src/settings/rows/requests.ts";
import { UsageError } from "../../src/settings/setting.ts";
import { readProxyArgs } from "../support/preset.ts";
import { poetry } from "../support/program.ts";

const NAMES = Object.keys(presets);
const SECOND = 1000;

describe.each(NAMES)("--preset %s", (name) => {
  const flags = Object.entries(presets[name]?.flags ?? {});

  test("uses existing flags, with valid values", () => {
    expect(flags.map(([flag]) => flag).filter((flag) => !Object.hasOwn(proxy, flag))).toEqual([]);
    const argv = flags.flatMap(([flag, value]) => [value].flat().map((each) => `--${flag}=${each}`));
    expect(readProxyArgs("--preset", name)).toEqual({ ...readProxyArgs(...argv), preset: name });
  });

  test("says where a request ends, and how long an answer is kept", () => {
    expect(flags.map(([flag]) => flag)).toContainValues(["request", "ttl"]);
  });

  test("gives way to flags, wherever they are", () => {
    const given = ["--ttl", "7s", "--request=eof", "--no-store", "x", "--ttl-for", "y=8s"];
    const preset = ["--preset", name];
    for (const argv of [
      [...given, ...preset],
      [...preset, ...given],
    ]) {
      const { ttl, request, "no-store": noStore, "ttl-for": ttlFor } = readProxyArgs(...argv);
      expect({ ttl, request, noStore, ttlFor }).toEqual({
        ttl: 7 * SECOND,
        request: "eof",
        noStore: parseTest("x"), // The preset's list is replaced, not extended.
        ttlFor: [{ pattern: parseTest("y"), ttl: 8 * SECOND }],
      });
    }
  });
});

test("--preset changes nothing but its flags", () => {
  expect(readProxyArgs("--preset", "daytime")).toEqual({ ...readProxyArgs(), preset: "daytime", ttl: 0 });
});

test.each(["whoami", "constructor", "WHOIS", ""])('--preset "%s" is refused', (name) => {
  expect(() => readProxyArgs("--preset", name)).toThrow(UsageError);
});

test("poetry proxy --preset NAME --help shows what the preset sets", async () => {
  const { stdout } = await poetry("proxy", "--preset", "whois", "--help");
  const plain = (await poetry("proxy", "--help")).stdout.toString();
  for (const [flag, value] of Object.entries(presets.whois?.flags ?? {})) {
    const line = stdout
      .toString()
      .split("\n")
      .find((each) => each.includes(` --${flag}=`));
    expect(line).toEndWith(`(Default: ${[value].flat().join(" ")})`);
    expect(plain).not.toContain(`${line}\n`);
  }
});

test("presets use only flags for requests, how logs show them, answers, and their lifetime", () => {
  const judging = [
    "complete",
    "empty",
    "no-store",
    "refusal",
    "ttl-for",
    "ttl",
  ] satisfies (keyof typeof answers)[];
  const known = new Set<string>([...Object.keys(requests), ...judging, "stale-if-error", "log-requests"]);
  expect(
    NAMES.flatMap((name) => Object.keys(presets[name]?.flags ?? {})).filter((flag) => !known.has(flag)),
  ).toEqual([]);
});

test("presets of archives serve stale answers for a day if the upstream fails, and no others do", () => {
  const kept = NAMES.filter((name) => presets[name]?.flags["stale-if-error"] !== undefined);
  expect(kept).toEqual(["whois", "gopher", "poems"]);
  for (const name of kept) expect(readProxyArgs("--preset", name)["stale-if-error"]).toBe(86_400 * SECOND);
});
