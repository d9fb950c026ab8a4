import { describe, expect, test } from "bun:test";
import { hasNetworks, inNetwork } from "../support/namespace.ts";
import { POETRY, run } from "../support/program.ts";

/** What `poetry get` says about an address, in a network namespace of its own. */
async function failureOf(setUp: string, address: string, ...variables: string[]): Promise<string> {
  const { code, stderr } = await run(inNetwork(setUp, ["env", ...variables, POETRY, "get", address]));
  expect(code).toBe(1);
  return stderr.replace(/ after .*/s, "");
}

describe.skipIf(!hasNetworks)("poetry get says of an unreachable host", () => {
  test.each([
    ["there is no route", "true", "network unreachable (ENETUNREACH)"],
    ["the route ends", "ip route add unreachable 192.0.2.0/24", "host unreachable (EHOSTUNREACH)"],
    ["it is not allowed", "ip route add prohibit 192.0.2.0/24", "permission denied (EACCES)"],
    [
      "nobody listens",
      "ip link set lo up; ip addr add 192.0.2.1 dev lo",
      "connection refused (ECONNREFUSED)",
    ],
  ])("that %s", async (_why, setUp, words) => {
    const expected = `error: Cannot fetch from 192.0.2.1:43: ${words}`;
    expect(await failureOf(setUp, "192.0.2.1:43")).toBe(expected);
  });

  test("without libc no more than Bun can tell", async () => {
    const failure = await failureOf("ip link set lo up", "192.0.2.1:43", "BUN_JSC_useJIT=0");
    expect(failure).toEndWith("192.0.2.1:43: connection refused or host unreachable (ECONNREFUSED)");
  });
});
