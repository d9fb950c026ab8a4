import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "../../src/net/address.ts";
import { answerIn } from "../support/http-stage.ts";
import { nextTurn } from "../support/next-turn.ts";
import { poetry, RunningService } from "../support/program.ts";
import { scrape } from "../support/scrape.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { visit, Visitor } from "../support/visitor.ts";

setDefaultTimeout(60_000);

/** A proxy with both doors (metrics and control), few file descriptors, and an upstream that echoes requests. */
class DoorsStage {
  readonly dir = new TempDir();
  readonly socket = join(this.dir.path, "control.sock");
  readonly upstream = new ScriptedPeer((connection) => {
    connection.onData = () => connection.send(`about ${connection.received.trim()}\n`).fin();
  });
  proxy!: RunningService;
  doors!: Readonly<Record<"metrics" | "control", Address>>;
  #rounds = 0;

  static async open(): Promise<DoorsStage> {
    const stage = new DoorsStage();
    stage.proxy = await RunningService.startBy(["prlimit", "--nofile=300:300"], ...stage.flags);
    const line = await stage.proxy.until((each) => each.includes("Serving metrics on "));
    const port = Number(/:(\d+)\/$/.exec(line)?.[1]);
    stage.doors = { metrics: { host: "127.0.0.1", port }, control: { path: stage.socket } };
    await stage.#ask("known");
    return stage;
  }

  get flags(): string[] {
    const { upstream, socket } = this;
    return ["proxy", `${upstream.port}`, "--request", "line", "--metrics", "0", "--control", socket];
  }

  /** Checks that clients are served as usual: some from the cache, the others by one fetch each. */
  async unharmed(): Promise<void> {
    const before = this.upstream.connections.length;
    this.#rounds++;
    for (let i = 0; i < 20; i++) {
      expect(await this.#ask("known")).toBe("about known\n");
      expect(await this.#ask(`new ${this.#rounds}.${i}`)).toBe(`about new ${this.#rounds}.${i}\n`);
    }
    expect(this.upstream.connections.length - before).toBe(20);
    expect((await scrape(this.proxy)).sum("poetry_requests_failed_total")).toBe(0);
  }

  /** What a door answers to these lines. */
  async say(door: Address, ...lines: string[]) {
    return answerIn(
      await new Visitor(door, (client) => void client.write(`${lines.join("\r\n")}\r\n\r\n`)).visit,
    );
  }

  async #ask(line: string): Promise<string> {
    const { bytes, end } = await visit(this.proxy.port, (client) => void client.write(`${line}\n`));
    return end === "fin" ? bytes.toString() : end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** The peak resident memory of a process so far, in bytes. */
function peakMemory(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return 1024 * Number(kilobytes);
}

const MIB = 2 ** 20;
const DOORS = ["metrics", "control"] as const;

describe.each(DOORS)("the %s door", (name) => {
  test("full of clients with half a request: the proxy serves its own clients, and then the door is open again", async () => {
    await using stage = await DoorsStage.open();
    const door = stage.doors[name];
    const half = Array.from({ length: 16 }, () => {
      return new Visitor(door, (client) => void client.write("GET /status HTTP/1.1\r\nHo"));
    });
    for (const each of half) await each.connected;
    const before = stage.upstream.connections.length;
    const { end, bytes } = await new Visitor(door).visit; // No room for one more.
    expect([end, bytes.length]).toEqual([name === "metrics" ? "reset" : "fin", 0]);
    expect(
      (await visit(stage.proxy.port, (client) => void client.write("while full\n"))).bytes.toString(),
    ).toBe("about while full\n");
    expect(stage.upstream.connections.length).toBe(before + 1);
    for (const each of half) await each.vanish();
    await stage.unharmed();
  });

  test("with a thousand idle clients: not one client of the proxy is lost", async () => {
    await using stage = await DoorsStage.open();
    const door = stage.doors[name];
    const idle = Array.from({ length: 1000 }, () => new Visitor(door));
    for (const each of idle) await each.connected;
    const before = stage.upstream.connections.length;
    for (let i = 0; i < 50; i++) {
      const { bytes } = await visit(stage.proxy.port, (client) => void client.write(`crowd ${i >> 1}\n`));
      expect(bytes.toString()).toBe(`about crowd ${i >> 1}\n`);
    }
    expect(stage.upstream.connections.length).toBe(before + 25);
    for (const each of idle) await each.vanish();
    await stage.unharmed();
  });

  test.each([
    ["announced", `Content-Length: ${2 ** 30}`],
    ["in chunks", "Transfer-Encoding: chunked"],
    ["announced as less", "Content-Length: 2"],
  ])("sent a body of a GiB, %s: it is not taken, and not kept", async (_how, header) => {
    await using stage = await DoorsStage.open();
    await stage.unharmed();
    const before = peakMemory(stage.proxy.pid);
    const block = new Uint8Array(MIB).fill(0x78);
    let sent = 0;
    const client = new Visitor(stage.doors[name], (socket) => {
      socket.write(`POST /purge HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`);
    });
    const over = client.visit.then(() => true);
    for (;;) {
      const taken = await client.send(block);
      sent += taken;
      if (sent >= 2 ** 30) break;
      if (taken === block.length) continue;
      if (await Promise.race([over, nextTurn()])) break; // Or the kernel's buffers are full: the door gets its turn.
    }
    await client.visit;
    expect(sent).toBeLessThan(64 * MIB);
    expect(peakMemory(stage.proxy.pid) - before).toBeLessThan(32 * MIB);
    await stage.unharmed();
  });
});

describe("the control door", () => {
  test("is open to its owner only", async () => {
    await using stage = await DoorsStage.open();
    const { mode, uid } = statSync(stage.socket);
    expect([(mode & 0o777).toString(8), uid]).toEqual(["600", process.getuid?.() ?? 0]);
  });

  test.each([
    ["Origin: http://localhost", 403],
    ["Origin: null", 403],
    ["Sec-Fetch-Site: same-origin", 403],
    ["Host: evil.example", 421],
    ["Host: localhost.evil.example", 421],
    ["Host: 127.0.0.1", 421],
    ["Host: localhost\r\nHost: evil.example", 400],
  ])("is closed to a request with %s: nothing is purged, held or stopped", async (header, status) => {
    await using stage = await DoorsStage.open();
    const { control } = stage.doors;
    const host = header.startsWith("Host:") ? [] : ["Host: localhost"];
    for (const order of ["/purge", "/hold", "/drain"]) {
      const head = [`POST ${order} HTTP/1.1`, ...host, header, "Content-Length: 12"];
      expect(await stage.say(control, ...head, "", '{"all":true}')).toMatchObject({ status });
    }
    await stage.unharmed(); // "known" is still in the cache.
  });
});

describe("the metrics door", () => {
  test.each(["Host: evil.example", "Host: 127.0.0.1.evil.example", "Host: localhost.evil.example:80"])(
    "says nothing to a page of a name that suddenly leads to this machine: %s",
    async (host) => {
      await using stage = await DoorsStage.open();
      const answer = await stage.say(stage.doors.metrics, "GET /status.json HTTP/1.1", host);
      expect(answer).toMatchObject({ status: 421, body: "Use an IP address or localhost as the host\n" });
      await stage.unharmed();
    },
  );

  test("accepts no orders", async () => {
    await using stage = await DoorsStage.open();
    for (const order of ["/purge", "/hold", "/release", "/log", "/drain", "/reload", "/entries", "/entry"]) {
      const head = [`POST ${order} HTTP/1.1`, "Host: localhost", "Content-Length: 12"];
      expect(await stage.say(stage.doors.metrics, ...head, "", '{"all":true}')).toMatchObject({
        status: 404,
      });
    }
    expect(await stage.say(stage.doors.metrics, "POST /metrics HTTP/1.1")).toMatchObject({ status: 405 });
    await stage.unharmed();
  });
});

describe("a second process", () => {
  test("with the same doors does not start, and does not disturb the first", async () => {
    await using stage = await DoorsStage.open();
    const { port } = stage.doors.metrics as { port: number };
    const second = await poetry(...stage.flags, "--port", "0");
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(
      `Cannot open the control socket ${stage.socket}: another process is listening there`,
    );
    const third = await poetry("proxy", `${stage.upstream.port}`, "--port", "0", "--metrics", `${port}`);
    expect(third.code).toBe(1);
    expect(third.stderr).toContain(`Cannot listen on 127.0.0.1:${port}: the port is taken (EADDRINUSE)`);
    expect(await poetry("ctl", "status", "--quiet", "--socket", stage.socket)).toMatchObject({ code: 0 });
    await stage.unharmed();
  });

  test("takes over the socket of a killed process", async () => {
    await using stage = await DoorsStage.open();
    stage.proxy.signal("SIGKILL");
    await stage.proxy.exited;
    expect(statSync(stage.socket).isSocket()).toBe(true);
    await using next = await RunningService.start(...stage.flags);
    expect(await poetry("ctl", "status", "--quiet", "--socket", stage.socket)).toMatchObject({ code: 0 });
    next.signal("SIGTERM");
    expect(await next.exited).toBe(0);
  });
});
