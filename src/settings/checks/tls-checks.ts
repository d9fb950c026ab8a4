import type { Check } from "./check.ts";
import type { Settled } from "../settled.ts";

/** What makes no sense in settings about TLS. */
export const TLS_CHECKS: readonly Check[] = [
  needs("tls-cert", "tls-key"),
  {
    flags: ["tls-key"],
    isWrong: (settled) =>
      settled.isGiven("tls-cert") && count(settled, "tls-key") !== count(settled, "tls-cert"),
    why: "expected one {tls-key} for each {tls-cert}",
  },
  useless(["tls-key", "tls-client-ca", "tls-timeout"], "tls-cert"),
  ...ofServers(""),
  ...ofServers("upstream-"),
  ...ofServers("via-"),
  useless(["via-tls"], "via"),
];

/** Of the settings about servers that are spoken to in TLS, whose names begin so. */
function ofServers(prefix: string): Check[] {
  const all = ["ca", "name", "pin", "cert", "key", "trust-fin"].map((name) => `${prefix}${name}`);
  return [
    useless(all, `${prefix}tls`),
    needs(`${prefix}cert`, `${prefix}key`),
    needs(`${prefix}key`, `${prefix}cert`),
  ];
}

function needs(flag: string, other: string): Check {
  return {
    flags: [flag],
    isWrong: (settled) => settled.knows(other) && !settled.isGiven(other),
    why: `{} needs a {${other}}`,
  };
}

function useless(flags: readonly string[], without: string): Check {
  return {
    flags,
    isWrong: (settled) => settled.knows(without) && !settled.isGiven(without), // Other commands use some of these names.
    why: `{} has no effect without {${without}}`,
  };
}

function count(settled: Settled, flag: string): number {
  return (settled.valueOf(flag) as readonly string[]).length;
}
