import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { poetry, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Come live with me, and be my love\n";

/** Starts `poetry serve` of a poem. */
async function serving(dir: TempDir, ...args: string[]): Promise<RunningService> {
  return RunningService.start("serve", await dir.write("love.txt", POEM), ...args);
}

/** What a client from this address gets. */
async function comeFrom(hostname: string, port: number, text = ""): Promise<string> {
  const { bytes, end } = await new Visitor({ host: hostname, port }, (socket) => void socket.write(text))
    .visit;
  return end === "fin" ? bytes.toString() : end;
}

describe("--clients", () => {
  test("admits its addresses, resets all others, and reports that once for many", async () => {
    await using dir = new TempDir();
    await using server = await serving(dir, "--host", "0.0.0.0", "--clients", "127.0.0.0/8,!127.0.0.1");
    const ends = await Promise.all(Array.from({ length: 20 }, () => visit(server.port)));
    expect(new Set(ends.map(({ end }) => end))).toEqual(new Set(["reset"]));
    await server.until((line) => line === "Turned a client away: not one of --clients.");
    await server.until((line) => line === "Turned a client away: not one of --clients, 19 times.");
    await using open = await serving(dir, "--clients", "127.0.0.1");
    expect(await comeFrom("127.0.0.1", open.port)).toBe(POEM);
  });

  test("recognizes an IPv4 client of an IPv6 port", async () => {
    await using dir = new TempDir();
    await using server = await serving(dir, "--host", "::", "--clients", "127.0.0.1", "--verbose");
    expect([await comeFrom("127.0.0.1", server.port), await comeFrom("::1", server.port)]).toEqual([
      POEM,
      "reset",
    ]);
    await server.until((line) => /^Turned \[::1\]:\d+ away: not one of --clients\.$/.test(line));
  });

  test.each([
    ["10.0.0.1/8", 'Bad --clients "10.0.0.1/8": expected 10.0.0.0/8, or 10.0.0.1 alone.'],
    [
      "!10.0.0.0/8",
      'Bad --clients "!10.0.0.0/8": it admits nobody: expected a range without a !, such as 0.0.0.0/0.',
    ],
    [
      "localhost",
      'Bad --clients "localhost": expected addresses such as 10.0.0.0/8, !10.1.2.3 or 2001:db8::/32; "localhost" is not an address.',
    ],
  ])("refuses %s", async (clients, why) => {
    const { code, stderr } = await poetry("serve", "x", "--clients", clients);
    expect([code, stderr.split("\n")[0]]).toEqual([2, `poetry serve: ${why}`]);
  });
});

describe("--rate", () => {
  test("resets an address that connects too often, and says so", async () => {
    await using dir = new TempDir();
    await using server = await serving(dir, "--rate", "1/h", "--burst", "3");
    const ends: string[] = [];
    for (let i = 0; i < 5; i++) ends.push((await visit(server.port)).end);
    expect(ends).toEqual(["fin", "fin", "fin", "reset", "reset"]);
    await server.until((line) => line === "Turned a client away: it connects more often than --rate allows.");
  });

  test.each(["20", "20/d", "0/s", "1.5/s"])("refuses %s", async (rate) => {
    const { code, stderr } = await poetry("serve", "x", "--rate", rate);
    expect(stderr).toStartWith(
      `poetry serve: Bad --rate "${rate}": expected a rate such as 20/s, 30/m or 100/h.`,
    );
    expect(code).toBe(2);
  });
});

describe("--listen", () => {
  test("opens several ports for one cache, IPv4 and IPv6 on the same number", async () => {
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, "--listen", "127.0.0.1:0");
    const first = visit(proxy.port);
    (await upstream.connection()).send(POEM).fin();
    await first;
    proxy.signal("SIGTERM");
    await proxy.exited;
    const { port } = proxy;
    await using both = await RunningService.start(
      "proxy",
      `${upstream.port}`,
      "--listen",
      `0.0.0.0:${port}`,
      "--listen",
      `[::]:${port}`,
    );
    const asking = comeFrom("127.0.0.1", port);
    (await upstream.connection(1)).send(POEM).fin();
    expect([await asking, await comeFrom("::1", port)]).toEqual([POEM, POEM]);
    await both.until((line) => line === `Proxying 127.0.0.1:${upstream.port} on [::]:${port}.`);
    both.signal("SIGTERM");
    expect(await both.exited).toBe(0);
  });
});

describe("HTTP requests", () => {
  const REQUEST = "GET /?evil HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

  test.each(["line", "blank"])("never reach an upstream behind --request %s", async (framing) => {
    await using upstream = new ScriptedPeer();
    await using proxy = await RunningService.start("proxy", `${upstream.port}`, "--request", framing);
    expect(await comeFrom("127.0.0.1", proxy.port, REQUEST)).toBe("reset");
    await proxy.until((line) => /^Reset .*: HTTP request without --allow-http\. \["GET \/\?evil/.test(line));
    expect(upstream.connections).toHaveLength(0);
  });

  test("are admitted by --allow-http, and if they only look like HTTP", async () => {
    await using upstream = new ScriptedPeer();
    await using open = await RunningService.start(
      "proxy",
      `${upstream.port}`,
      "--request",
      "blank",
      "--allow-http",
    );
    const asking = comeFrom("127.0.0.1", open.port, REQUEST);
    (await upstream.connection()).send(POEM).fin();
    expect(await asking).toBe(POEM);
    await using strict = await RunningService.start("proxy", `${upstream.port}`, "--request", "line");
    const almost = comeFrom("127.0.0.1", strict.port, "GET hosts\n");
    (await upstream.connection(1)).send(POEM).fin();
    expect(await almost).toBe(POEM);
  });
});
