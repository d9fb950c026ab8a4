import { formatAddress, type Address } from "../../net/address.ts";

/** How many services are named. */
const NAMED = 5;

interface Member {
  readonly name: string;
  readonly service: { readonly wanted: readonly Address[] };
}

/**
 * What `systemctl status` shows about a process, in a sentence or two.
 *
 * @param failure why the last reload failed; absent: it did not
 */
export function statusOf(members: readonly Member[], failure?: string): string {
  const named = members.slice(0, NAMED).map(({ name, service }) => {
    const [first] = service.wanted;
    return first ? `${name} on ${formatAddress(first)}` : name;
  });
  const others = members.length > NAMED ? ` and ${members.length - NAMED} more` : "";
  const serving = `Serving ${named.join(", ")}${others}.`;
  return failure === undefined ? serving : `${serving} The last reload failed: ${failure}`;
}
