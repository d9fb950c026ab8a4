import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { BUILT_IN } from "../../src/services/transform/built-in.ts";
import { certificates } from "../support/own-certificates.ts";
import { POETRY, poetry, RunningProgram, RunningService } from "../support/program.ts";
import { ScriptedPeer } from "../support/scripted-peer.ts";
import { TempDir } from "../support/temp-dir.ts";
import { untilGone, untilThere } from "../support/until.ts";
import { Visitor, visit, type Visit } from "../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Tread softly\nbecause\n";

const pki = certificates();

const poemServer = () => new ScriptedPeer((connection) => connection.send(POEM).fin());

/** What `poetry get` printed on its standard output and standard error. */
async function get(...args: (string | number)[]) {
  const { code, stdout, stderr } = await poetry("get", ...args.map(String));
  return { code, stdout: stdout.toString(), stderr };
}

const RESET: Visit = { bytes: Buffer.alloc(0), end: "reset" };

function ask(port: number, request: string) {
  return visit(port, (socket) => void socket.write(request));
}

/** A `poetry transform-serve` with filters. */
function serving(filters: readonly string[], ...flags: string[]): Promise<RunningService> {
  const args = filters.flatMap((filter) => ["--filter", filter]);
  return RunningService.start("transform-serve", ...args, ...flags);
}

describe("poetry get --transform", () => {
  test("prints the transformed poem and nothing else", async () => {
    await using poems = poemServer();
    await using server = await RunningService.start("transform-serve");
    const args = [poems.port, "--via", server.port, "--transform"];
    expect(await get(...args, "shout")).toEqual({ code: 0, stdout: POEM.toUpperCase(), stderr: "" });
    expect(await get(...args, "reverse-lines,shout,acrostic")).toEqual({
      code: 0,
      stdout: "BT\n",
      stderr: "",
    });
    await server.until((line) => line.startsWith(`Transformed ${POEM.length} bytes by shout in `));
  });

  test("transforms the poems of several servers, each by itself, and into a file", async () => {
    await using dir = new TempDir();
    await using poems = poemServer();
    await using server = await RunningService.start("transform-serve");
    const file = join(dir.path, "poems.txt");
    const args = [poems.port, poems.port, "--via", server.port, "--transform", "reverse-lines"];
    const reversed = "because\nTread softly\n".repeat(2);
    expect(await get(...args)).toEqual({ code: 0, stdout: reversed, stderr: "" });
    expect(await get(...args, "--output", file)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await Bun.file(file).text()).toBe(reversed);
  });

  test("says why and exits with 1 if the poem is not transformed, or prints it untransformed with --or-plain", async () => {
    await using poems = poemServer();
    await using server = await RunningService.start("transform-serve");
    const args = [poems.port, "--via", server.port, "--transform"];
    const why = (name: string) =>
      `Cannot transform by ${name} at 127.0.0.1:${server.port}: closed without answering: unknown transformation, or request refused`;
    expect(await get(...args, "no-such")).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: ${why("no-such")}\n`,
    });
    expect(await get(...args, "shout,no-such", "--or-plain")).toEqual({
      code: 0,
      stdout: POEM,
      stderr: `warn: ${why("no-such")}; printing the poem unchanged\n`,
    });
  });

  test.each([
    ["refuses", "connection refused"],
    ["breaks off", "cut short after 5 bytes"],
    ["is silent", "not finished within "],
  ])("fails when the transformation server %s, and not with half a poem", async (how, why) => {
    await using poems = poemServer();
    const peer = new ScriptedPeer((connection) => {
      connection.onData = () => void (how === "breaks off" && connection.send("9:TRE").fin());
    });
    await using _ = peer;
    const { port } = peer;
    if (how === "refuses") await peer[Symbol.asyncDispose]();
    const timeout = how === "is silent" ? ["--timeout", "100ms"] : [];
    const args = [poems.port, "--transform", "shout", "--via", port, ...timeout];
    const failed = await get(...args);
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toStartWith(`error: Cannot transform by shout at 127.0.0.1:${port}: ${why}`);
    expect(await get(...args, "--or-plain")).toMatchObject({ code: 0, stdout: POEM });
  });

  test("prints nothing with --or-plain if there is no poem", async () => {
    await using poems = new ScriptedPeer((connection) => connection.fin());
    await using server = await RunningService.start("transform-serve");
    const args = ["--transform", "shout", "--via", server.port, "--or-plain"];
    const { code, stdout, stderr } = await get(poems.port, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toStartWith(`error: Cannot fetch from 127.0.0.1:${poems.port}: the answer was empty`);
  });
});

describe("poetry transform-serve", () => {
  test("lists its transformations, including filters, and exits", async () => {
    const args = ["transform-serve", "--list", "--filter", "upper=tr a-z A-Z"];
    const { code, stdout, stderr } = await poetry(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.toString().split("\n");
    expect(lines[0]).toBe("cummingsify    in lower case, as E. E. Cummings might have it");
    expect(lines.at(-2)).toBe("upper          tr a-z A-Z");
  });

  test("transforms with filters, without a shell", async () => {
    await using server = await serving(["upper=tr a-z A-Z", "echo=echo $HOME;"]);
    const count = BUILT_IN.length + 2;
    expect(server.lines[0]).toBe(`Serving ${count} transformations on 127.0.0.1:${server.port}.`);
    expect(await ask(server.port, "10:upper.poem,")).toEqual({ bytes: Buffer.from("4:POEM,"), end: "fin" });
    expect(await ask(server.port, "5:echo.,")).toEqual({ bytes: Buffer.from("7:$HOME;\n,"), end: "fin" });
  });

  test("transforms with filters in a shell, if told to", async () => {
    await using server = await serving(["words=tr a-z A-Z | tr ' ' '\\n'"], "--shell");
    expect(await ask(server.port, "9:words.a b,")).toEqual({ bytes: Buffer.from("3:A\nB,"), end: "fin" });
  });

  test("resets a client whose filter fails, is too slow or prints too much, and says why", async () => {
    const limits = ["--filter-timeout", "100ms", "--max-answer", "1MiB"];
    await using server = await serving(["false=false", "sleep=sleep 1000", "yes=yes"], ...limits);
    for (const name of ["false", "sleep", "yes"]) {
      expect(await ask(server.port, `${name.length + 1}:${name}.,`)).toEqual(RESET);
    }
    await server.until((line) => line === "warn: Cannot transform by false: exit code 1");
    await server.until((line) => line === "warn: Cannot transform by sleep: not finished within 100ms");
    await server.until((line) => line === "warn: Cannot transform by yes: answer longer than 1048576 bytes");
  });

  test("told to stop, lets a filter finish, and at a second signal leaves no process behind", async () => {
    await using dir = new TempDir();
    const [go, pid] = [join(dir.path, "go"), join(dir.path, "pid")];
    Bun.spawnSync(["mkfifo", go]);
    const script = `echo $$ > ${pid}.new; mv ${pid}.new ${pid}; cat ${go}`;

    await using server = await serving([`wait=${script}`], "--shell");
    const patient = ask(server.port, "5:wait.,");
    await untilThere(pid);
    server.signal("SIGTERM");
    await server.until((line) => line.startsWith("Shutting down on SIGTERM: waiting"));
    Bun.spawnSync(["sh", "-c", `printf done > ${go}; rm ${pid}`]);
    expect(await patient).toEqual({ bytes: Buffer.from("4:done,"), end: "fin" });
    expect(await server.exited).toBe(0);

    await using other = await serving([`wait=${script}`], "--shell");
    const unlucky = ask(other.port, "5:wait.,");
    await untilThere(pid);
    const filter = Number(await Bun.file(pid).text());
    other.signal("SIGTERM");
    await other.until((line) => line.startsWith("Shutting down on SIGTERM: waiting"));
    other.signal("SIGTERM");
    expect((await unlucky).end).toBe("reset");
    expect(await other.exited).toBe(143);
    await untilGone(filter);
  });

  test.each([
    ["in a file", '[shared]\nurl = "redis://127.0.0.1:1"\npassword = { env = "HUSH" }\n', []],
    ["by a flag", "", ["--shared", "redis://127.0.0.1:1", "--shared-password", "env:HUSH"]],
  ])(
    "gives filters the environment without what is named there %s as a secret",
    async (_how, table, flags) => {
      await using dir = new TempDir();
      const socket = join(dir.path, "control.sock");
      const file = await dir.write(
        "p.toml",
        `[proxy.a]\nupstream = 1\nport = 0\n[transform-serve.t]\nport = 0\nfilter = "env=env"\n${table}`,
      );
      const command = ["env", "HUSH=secret", "KEPT=1", POETRY, "up", file, "--control", socket, ...flags];
      await using up = new RunningProgram(command);
      const line = await up.until((each) => each.startsWith("t: Serving "));
      const { bytes } = await ask(Number(/:(\d+)\.$/.exec(line)?.[1]), "4:env.,");
      expect(bytes.toString()).toContain("KEPT=1\n");
      expect(bytes.toString()).not.toContain("HUSH");
    },
  );

  test.each([
    ["is not there", ["--filter", "x=no-such-program"], "there is no program called no-such-program"],
    ["is built in", ["--filter", "rot13=cat"], "there is already a transformation called rot13"],
    [
      "is there twice",
      ["--filter", "x=cat", "--filter", "x=tac"],
      "there is already a transformation called x",
    ],
  ])("refuses a filter that %s", async (_what, args, why) => {
    const { code, stderr } = await poetry("transform-serve", ...args);
    expect(code).toBe(2);
    expect(stderr).toStartWith(`poetry transform-serve: Bad --filter "${args.at(-1)}": ${why}.`);
  });
});

test("poetry transform-serve refuses a filter that lacks what is to run it", async () => {
  await using dir = new TempDir(); // Its path has no blanks, where words would end.
  const script = await dir.write("script", "#!/no/such/sh\n");
  await chmod(script, 0o755);
  const { code, stderr } = await poetry("transform-serve", "--filter", `x=${script} 1`);
  expect(code).toBe(2);
  expect(stderr).toStartWith(
    `poetry transform-serve: Bad --filter "x=${script} 1": there is no /no/such/sh, which is to run it.`,
  );
});

describe("poetry transform-proxy", () => {
  test("asks its server once for all clients, and forwards only allowed requests", async () => {
    await using server = await RunningService.start("transform-serve");
    const allowed = ["--transforms", "shout,no-such"];
    await using proxy = await RunningService.start("transform-proxy", `${server.port}`, ...allowed);
    expect(proxy.lines[0]).toBe(
      `Proxying transformations of 127.0.0.1:${server.port} on 127.0.0.1:${proxy.port}.`,
    );
    for (let i = 0; i < 3; i++) {
      expect(await ask(proxy.port, "10:shout.poem,")).toEqual({ bytes: Buffer.from("4:POEM,"), end: "fin" });
    }
    for (const request of ["10:rot13.poem,", "12:no-such.poem,", "shout.poem"]) {
      expect(await ask(proxy.port, request)).toEqual(RESET);
    }
    await proxy.until((line) => line.includes("transformation rot13 not allowed by --transforms."));
    const hits = () => proxy.lines.filter((line) => line.startsWith("Using cached poem."));
    await proxy.until(() => hits().length >= 2); // The second is logged at the end of the second in which it is folded.
    expect(hits()).toHaveLength(2);
    await server.untilCount("Transformed ", 1);
  });
});

describe("poetry get and proxy --transform with --via-tls", () => {
  test("use only a server that proves its identity", async () => {
    await using poems = poemServer();
    await using server = await RunningService.start("transform-serve", ...pki.flags());
    const via = ["--transform", "shout", "--via", `localhost:${server.port}`, "--via-tls"];
    const trusting = [...via, "--via-ca", pki.authority.certificate.file];
    expect(await get(poems.port, ...trusting)).toEqual({ code: 0, stdout: POEM.toUpperCase(), stderr: "" });
    expect(await get(poems.port, ...via)).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("the certificate was signed by an unknown authority"),
    });
    expect(await get(poems.port, ...via, "--via-ca", "/nowhere.pem")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("/nowhere.pem"),
    });
    await using proxy = await RunningService.start("proxy", `${poems.port}`, ...trusting);
    expect((await visit(proxy.port)).bytes.toString()).toBe(POEM.toUpperCase());
    await using stranger = await RunningService.start("proxy", `${poems.port}`, "--retries", "0", ...via);
    expect(await visit(stranger.port)).toEqual(RESET);
  });
});

describe("poetry proxy --transform", () => {
  test("serves and caches the transformed poem", async () => {
    await using poems = poemServer();
    await using server = await RunningService.start("transform-serve");
    const via = ["--transform", "shout,reverse-lines", "--via", `${server.port}`];
    await using proxy = await RunningService.start("proxy", `${poems.port}`, ...via);
    for (let i = 0; i < 2; i++) {
      const { bytes, end } = await visit(proxy.port);
      expect({ text: bytes.toString(), end }).toEqual({ text: "BECAUSE\nTREAD SOFTLY\n", end: "fin" });
    }
    await proxy.until((line) => /^Transformed 21 bytes by shout, reverse-lines in \d+ms\.$/.test(line));
    await proxy.until((line) => line === "Using cached poem.");
    expect(poems.connections).toHaveLength(1);
    await server.untilCount("Transformed ", 2);
  });

  test("resets all clients while its transformation server is down, and serves when it is back", async () => {
    await using poems = poemServer();
    let isBack = false;
    await using server = new ScriptedPeer((connection) => {
      connection.onData = () => (isBack ? connection.send("1:P,").fin() : connection.reset());
    });
    const via = ["--transform", "shout", "--via", `${server.port}`];
    await using proxy = await RunningService.start("proxy", `${poems.port}`, ...via);
    const visitors = Array.from({ length: 5 }, () => new Visitor(proxy.port));
    for (const { visit: over } of visitors) {
      expect(await over).toEqual(RESET);
    }
    await proxy.until((line) => line.startsWith("warn: Cannot transform by shout at "));
    isBack = true;
    expect((await visit(proxy.port)).bytes.toString()).toBe("P");
  });
});
