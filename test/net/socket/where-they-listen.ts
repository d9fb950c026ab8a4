/**
 * Prints where sockets of all kinds listen, as `listeningAddress` sees it; ports as `port`.
 *
 * Usage: bun where-they-listen.ts PATH
 */
import { formatAddress } from "../../../src/net/address.ts";
import { listeningAddress } from "../../../src/net/socket/listening-address.ts";

const [path = ""] = process.argv.slice(2);
const socket = { data() {} };

/** Bun has it, its types do not. */
function fdOf(it: object): number {
  return (it as { fd: number }).fd;
}

function tell(fd: number, port = 0): void {
  const address = listeningAddress(fd);
  console.log(address ? formatAddress(address).replace(new RegExp(`:${port}$`), ":port") : "nowhere");
}

for (const hostname of ["127.0.0.1", "0.0.0.0", "::1", "::"]) {
  const server = Bun.listen({ hostname, port: 0, socket });
  tell(fdOf(server), server.port);
}
for (const unix of [path, `\0poetry-where-${process.pid}`]) tell(fdOf(Bun.listen({ unix, socket })));
const { port } = Bun.listen({ hostname: "127.0.0.1", port: 0, socket });
tell(fdOf(await Bun.connect({ hostname: "127.0.0.1", port, socket })));
tell(0);
tell(999_999);
process.exit();
