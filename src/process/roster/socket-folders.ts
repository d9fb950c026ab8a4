import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { isUnix } from "../../net/address.ts";
import { ownAddresses } from "../../settings/checks/loops.ts";
import type { Complaint } from "../../settings/setting.ts";
import type { Settled } from "../../settings/settled.ts";

/** What is wrong with the folders of the Unix sockets that a service is to listen on; undefined: nothing. */
export function complaintOfFolders(settled: Settled): Complaint | undefined {
  for (const address of ownAddresses(settled)) {
    if (!isUnix(address) || address.path.startsWith("@")) continue;
    const folder = dirname(address.path);
    if (existsSync(folder)) continue;
    const name = settled.nameOf("listen");
    return { flag: "listen", text: `bad ${name} "unix:${address.path}": there is no folder ${folder}` };
  }
  return undefined;
}
