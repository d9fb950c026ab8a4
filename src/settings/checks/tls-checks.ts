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
  useless(["ca", "name", "pin", "cert", "key", "trust-fin"], "tls"),
  needs("cert", "key"),
  needs("key", "cert"),
  useless(["ca", "name", "pin", "cert", "key", "trust-fin"].map(ofUpstream), "upstream-tls"),
  needs("upstream-cert", "upstream-key"),
  needs("upstream-key", "upstream-cert"),
];

function ofUpstream(name: string): string {
  return `upstream-${name}`;
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
