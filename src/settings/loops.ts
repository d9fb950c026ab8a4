import { isUnix, normalizeHost, type Address } from "../net/address.ts";

/** Whether whoever connects to `asked` may reach what listens on `own`. */
export function leadsTo(asked: Address, own: Address): boolean {
  if (isUnix(asked) || isUnix(own)) return isUnix(asked) && isUnix(own) && asked.path === own.path;
  if (asked.port !== own.port) return false;
  return literals(asked.host).some((each) => {
    const target = each.replace("0.0.0.0", "127.0.0.1").replace(/^::$/, "::1"); // Where the system connects to.
    const isLocal = target === "::1" || target.startsWith("127.");
    return literals(own.host).some((at) => {
      const isAnyHere = at === "::" || (at === "0.0.0.0" && target !== "::1");
      return at === target || at === each || (isLocal && isAnyHere);
    });
  });
}

/** What a host may stand for, in one spelling; a name that only a resolver knows stands for itself. */
function literals(host: string): string[] {
  const name = normalizeHost(host.toLowerCase().replace(/\.$/, ""));
  if (name === "localhost") return ["127.0.0.1", "::1"];
  if (/^[0:]+:[0:]*1$/.test(name)) return ["::1"];
  return [/^[0:]*:[0:]*$/.test(name) ? "::" : name];
}
