import type { Check } from "./check.ts";
import type { Settled } from "../settled.ts";

/** Checks of the settings for TLS, on both sides. */
export const TLS_CHECKS: readonly Check[] = [
  needs("tls-cert", "tls-key"),
  {
    flags: ["tls-key"],
    isWrong: (settled) =>
      settled.isGiven("tls-cert") && count(settled, "tls-key") !== count(settled, "tls-cert"),
    why: "expected one {tls-key} for each {tls-cert}",
  },
  ineffective(["tls-key", "tls-client-ca", "tls-timeout"], "tls-cert"),
  ...ofServers(""),
  ...ofServers("upstream-"),
  ...ofServers("via-"),
  ineffective(["via-tls"], "via"),
];

/** Checks of the settings with this prefix, which are for TLS with servers. */
function ofServers(prefix: string): Check[] {
  const all = ["ca", "name", "pin", "cert", "key", "trust-fin"].map((name) => `${prefix}${name}`);
  return [
    ineffective(all, `${prefix}tls`),
    needs(`${prefix}cert`, `${prefix}key`),
    needs(`${prefix}key`, `${prefix}cert`),
  ];
}

/** `flag` cannot be used unless `other` was given. */
function needs(flag: string, other: string): Check {
  return {
    flags: [flag],
    isWrong: (settled) => settled.knows(other) && !settled.isGiven(other),
    why: `{} needs a {${other}}`,
  };
}

/** `flags` have no effect unless `without` was given. */
function ineffective(flags: readonly string[], without: string): Check {
  return {
    flags,
    isWrong: (settled) => settled.knows(without) && !settled.isGiven(without), // Not all commands have all of them.
    why: `{} has no effect without {${without}}`,
  };
}

function count(settled: Settled, flag: string): number {
  return (settled.valueOf(flag) as readonly string[]).length;
}
