import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { TCPSocketListener } from "bun";
import { hasMounts, withHosts } from "../support/namespace.ts";
import { POETRY, run } from "../support/program.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(30_000);

/** Two agents with a common alias, and a name with several addresses. */
const HOSTS = `
127.0.0.1 localhost
127.0.0.5 agent1 agents
127.0.0.6 agent2 agents
127.0.0.7 many
127.0.0.6 many
127.0.0.5 many
`;

/** An agent that answers with its own address. */
function agent(hostname: string, port = 0): TCPSocketListener {
  return Bun.listen({
    hostname,
    port,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        socket.write(hostname);
        socket.shutdown();
      },
      data() {},
    },
  });
}

/** What `poetry get` prints, or its error. */
async function get(host: string, port: number): Promise<string> {
  await using dir = new TempDir();
  const hosts = await dir.write("hosts", HOSTS);
  const { stdout, stderr } = await run(withHosts(hosts, [POETRY, "get", `${host}:${port}`]));
  return stdout.toString() + stderr.replace(/ after .*/s, "");
}

describe.skipIf(!hasMounts)("poetry with lines in /etc/hosts that share an alias", () => {
  test("gets the answer of the named agent, and not another's while that is down", async () => {
    using agents = new DisposableStack();
    const { port } = agents.use(agent("127.0.0.6"));
    expect(await get("agent2", port)).toBe("127.0.0.6");
    expect(await get("agent1", port)).toBe(
      `error: Cannot fetch from agent1:${port}: 127.0.0.5: connection refused (ECONNREFUSED)`,
    );
    agents.use(agent("127.0.0.5", port));
    expect(await get("agent1", port)).toBe("127.0.0.5");
    expect(await get("agent2", port)).toBe("127.0.0.6");
  });

  test("tries all addresses of a name, in the order of the system", async () => {
    await using dir = new TempDir();
    const hosts = await dir.write("hosts", HOSTS);
    const { stdout } = await run(withHosts(hosts, ["getent", "ahostsv4", "many"]));
    const inOrder = [...new Set(stdout.toString().match(/^\S+/gm))];
    expect(inOrder).toHaveLength(3);
    using agents = new DisposableStack();
    let port = 0;
    for (const address of inOrder.toReversed()) {
      ({ port } = agents.use(agent(address, port)));
      expect(await get("many", port)).toBe(address);
    }
  });
});
