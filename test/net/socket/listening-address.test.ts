import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parseAddress } from "../../../src/net/address.ts";
import { isSamePlace } from "../../../src/net/socket/listening-address.ts";
import { TempDir } from "../../support/temp-dir.ts";

describe.skipIf(process.platform !== "linux").each([
  ["listeningAddress()", {}],
  ["listeningAddress() without libc", { BUN_JSC_useJIT: "0" }],
])("%s", (_, variables) => {
  test("returns where a socket listens, and nothing for other sockets", async () => {
    await using dir = new TempDir();
    const path = join(dir.path, "a socket");
    const program = Bun.spawn([process.execPath, join(import.meta.dirname, "where-they-listen.ts"), path], {
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect((await program.stdout.text()).split("\n")).toEqual([
      "127.0.0.1:port",
      "0.0.0.0:port",
      "[::1]:port",
      "[::]:port",
      `unix:${path}`,
      `unix:@poetry-where-${program.pid}`,
      "nowhere",
      "nowhere",
      "nowhere",
      "",
    ]);
  });
});

describe("isSamePlace()", () => {
  test.each([
    ["localhost:43", "127.0.0.1:43"],
    ["[::1]:43", "[0:0:0:0:0:0:0:1]:43"],
    ["whois.example:43", "whois.example:43"],
    ["unix:/run/x", "unix:/run/x"],
  ])("takes %s for %s", (one, other) => {
    expect(isSamePlace(parseAddress(one), parseAddress(other))).toBe(true);
    expect(isSamePlace(parseAddress(other), parseAddress(one))).toBe(true);
  });

  test.each([
    ["127.0.0.1:43", "127.0.0.1:44"],
    ["0.0.0.0:43", "127.0.0.1:43"],
    ["[::]:43", "0.0.0.0:43"],
    ["whois.example:43", "127.0.0.1:43"],
    ["unix:/run/x", "unix:@/run/x"],
    ["unix:/run/x", "127.0.0.1:43"],
  ])("does not take %s for %s", (one, other) => {
    expect(isSamePlace(parseAddress(one), parseAddress(other))).toBe(false);
    expect(isSamePlace(parseAddress(other), parseAddress(one))).toBe(false);
  });
});
