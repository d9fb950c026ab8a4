import { describe, expect } from "bun:test";
import { run, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { findPeer, testWith } from "./peer.ts";

const whois = findPeer("whois", ["whois", "--help"], (text) => text.includes("Usage: whois"));

const REFUSAL = "%% Too many requests...\nNo entries found\n";

/** Runs the `whois` command against our port instead of a registry. */
async function ask(port: number, name: string): Promise<string> {
  const { code, stdout, stderr } = await run(["whois", "-h", "127.0.0.1", "-p", `${port}`, name]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.toString();
}

/** A registry that knows every name except greedy.example, whose client has exceeded its quota. */
function openRegistry(): ScriptedPeer {
  return new ScriptedPeer((connection) => {
    connection.onData = () => {
      const [line] = /.*\r\n/.exec(connection.received) ?? [];
      if (line === undefined) return;
      const answer = line === "greedy.example\r\n" ? REFUSAL : `domain: ${line}% Terms of use apply.\r\n`;
      connection.send(answer).fin();
    };
  });
}

function startProxy({ port }: ScriptedPeer): Promise<RunningService> {
  return RunningService.start("proxy", `${port}`, "--preset", "whois", "--verbose");
}

describe("whois through a proxy with --preset whois", () => {
  testWith(whois, "gets the same as from the registry, which is asked once", async () => {
    await using registry = openRegistry();
    const direct = await ask(registry.port, "poetry.example");
    await using proxy = await startProxy(registry);
    for (let i = 0; i < 3; i++) expect(await ask(proxy.port, "poetry.example")).toBe(direct);
    expect(direct).toContain("domain: poetry.example");
    expect(registry.connections.map(({ received }) => received)).toEqual(
      Array.from({ length: 2 }, () => "poetry.example\r\n"),
    );
  });

  testWith(whois, "shares one fetch among concurrent equal requests", async () => {
    await using registry = new ScriptedPeer();
    await using proxy = await startProxy(registry);
    const together = Array.from({ length: 5 }, () => ask(proxy.port, "poetry.example"));
    await proxy.until(
      () => proxy.lines.filter((line) => line.startsWith("Waiting for the fetch under way")).length === 4,
    );
    (await registry.connection()).send("domain: poetry.example\r\n").fin();
    const answers = new Set(await Promise.all(together));
    expect(answers.size).toBe(1);
    expect([...answers][0]).toContain("domain: poetry.example");
    expect(registry.connections).toHaveLength(1);
  });

  testWith(
    whois,
    "repeats a refusal for a while, even if it also says that there are no entries",
    async () => {
      await using registry = openRegistry();
      const direct = await ask(registry.port, "greedy.example");
      await using proxy = await startProxy(registry);
      for (let i = 0; i < 3; i++) expect(await ask(proxy.port, "greedy.example")).toBe(direct);
      expect(direct).toContain("Too many requests");
      expect(registry.connections).toHaveLength(2);
    },
  );
});
