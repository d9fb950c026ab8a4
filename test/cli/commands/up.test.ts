import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { closedPorts } from "../../support/closed-port.ts";
import { POETRY, poetry, run, RunningProgram } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { visit } from "../../support/visitor.ts";

setDefaultTimeout(30_000);

const POEM = "Go, and catch a falling star\n";

async function poemAt(port: number): Promise<string> {
  const { bytes, end } = await visit(port);
  return end === "fin" ? bytes.toString() : end;
}

/** A file with a service of each kind, and their ports. */
async function fileOfAll(dir: TempDir) {
  const [serve = 0, proxy = 0, transforms = 0, cache = 0] = closedPorts(4);
  await dir.write("star.txt", POEM);
  const file = await dir.write(
    "poetry.toml",
    `[process]
drain-timeout = "1s"
[defaults.proxy]
grace = "10s"
[serve.poems]
file = "star.txt"
port = ${serve}
[proxy.cached]
upstream = ${serve}
port = ${proxy}
[transform-serve.transforms]
filter = "up=tr a-z A-Z"
port = ${transforms}
[transform-proxy.once]
upstream = ${transforms}
port = ${cache}
`,
  );
  return { file, serve, proxy, transforms, cache };
}

describe("poetry up", () => {
  test("runs services of all kinds from one file, with one log and one shutdown", async () => {
    await using dir = new TempDir();
    const { file, serve, proxy, transforms, cache } = await fileOfAll(dir);
    await using up = new RunningProgram([POETRY, "up", file]);
    await up.until((line) => line.startsWith("once: "));
    expect(
      up.lines.slice(0, 4).map((line) => line.replace(/\d+ transformations/, "N transformations")),
    ).toEqual([
      `poems: Serving ${dir.path}/star.txt on 127.0.0.1:${serve}.`,
      `cached: Proxying 127.0.0.1:${serve} on 127.0.0.1:${proxy}.`,
      `transforms: Serving N transformations on 127.0.0.1:${transforms}.`,
      `once: Proxying transformations of 127.0.0.1:${transforms} on 127.0.0.1:${cache}.`,
    ]);
    expect([await poemAt(proxy), await poemAt(proxy)]).toEqual([POEM, POEM]);
    await up.until((line) => line === "cached: Using cached poem.");
    const transformed = await poetry("get", `${proxy}`, "--transform", "up", "--via", `${cache}`);
    expect(transformed.stdout.toString()).toBe(POEM.toUpperCase());
    up.signal("SIGTERM");
    expect(await up.exited).toBe(0);
    await up.silent;
    expect(up.lines).toContain("Stopped on SIGTERM.");
  });

  test("names the service in JSON lines, and lets the command line override the file", async () => {
    await using dir = new TempDir();
    const { file } = await fileOfAll(dir);
    await using up = new RunningProgram([POETRY, "up", file, "--log", "json"]);
    const line = await up.until((each) => each.includes("Proxying transformations"));
    expect(JSON.parse(line)).toMatchObject({ service: "once", event: "proxying-transforms", level: "info" });
  });

  test("starts nothing if one port is taken, and says why", async () => {
    await using dir = new TempDir();
    const { file, serve, proxy } = await fileOfAll(dir);
    const taken = Bun.listen({ hostname: "127.0.0.1", port: proxy, socket: { data() {} } });
    const { code, stderr } = await poetry("up", file);
    taken.stop(true);
    expect({ code, lines: stderr.trim().split("\n") }).toEqual({
      code: 1,
      lines: [
        `cached: error: Cannot listen on 127.0.0.1:${proxy}: the port is taken (EADDRINUSE)`,
        "error: 1 of 4 services cannot listen: nothing was started",
      ],
    });
    expect(await poemAt(serve)).toBe("refused");
  });

  test("lists the mistakes in files, one line each, and exits with 2", async () => {
    await using dir = new TempDir();
    const file = await dir.write(
      "p.toml",
      '[proxy.a]\nupstream = 1\ntll = "1h"\n[serve.b]\nfile = "nothing"\n',
    );
    const found = [`${file}:3:1: proxy.a: unknown key "tll" - did you mean "ttl"?`];
    for (const command of ["up", "check"]) {
      const { code, stdout, stderr } = await poetry(command, file);
      expect({ code, stdout: stdout.toString(), stderr: stderr.trim().split("\n") }).toEqual({
        code: 2,
        stdout: "",
        stderr: found,
      });
    }
  });

  test("names files and programs that do not exist", async () => {
    await using dir = new TempDir();
    const file = await dir.write(
      "p.toml",
      "[serve.a]\nfile = 'nothing'\n[transform-serve.b]\nfilter = ['x=cat', 'y=no-such-program']\n",
    );
    for (const command of ["up", "check"]) {
      const { code, stderr } = await poetry(command, file);
      expect({ code, stderr: stderr.trim().split("\n") }).toEqual({
        code: 2,
        stderr: [
          `${file}:2:8: serve.a: cannot serve ${dir.path}/nothing: no such file (ENOENT)`,
          `${file}:4:20: transform-serve.b: bad filter "y=no-such-program": there is no program called no-such-program`,
        ],
      });
    }
  });
});

describe("poetry check", () => {
  test("counts the services, and reads the files of a directory in byte order", async () => {
    await using dir = new TempDir();
    const { file } = await fileOfAll(dir);
    const one = await poetry("check", file);
    expect([one.code, one.stdout.toString()]).toEqual([0, `${file}: 4 services, no mistakes.\n`]);
    await dir.write("10-b.toml", "[serve.b]\nfile = 'star.txt'\n");
    await dir.write("9-a.toml", "[serve.a]\nfile = 'star.txt'\n");
    await dir.write(".hidden.toml", "not TOML");
    const all = await poetry("check", dir.path);
    expect(all.stdout.toString()).toBe(
      `${["10-b.toml", "9-a.toml", "poetry.toml"].map((name) => join(dir.path, name)).join(", ")}: 6 services, no mistakes.\n`,
    );
  });

  test("names missing folders of files that the process makes", async () => {
    await using dir = new TempDir();
    const file = await dir.write(
      "p.toml",
      "[serve.a]\nfile = 'p.toml'\n[store]\nfile = 'none/y.db'\n[control]\nsocket = 'none/x'\n[log]\nfile = 'p.log'\n",
    );
    const { code, stderr } = await poetry("check", file);
    const missing = `there is no folder ${dir.path}/none`;
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({
      code: 2,
      stderr: [`${file}:4:8: ${missing}`, `${file}:6:10: ${missing}`],
    });
  });

  test("shows all settings, and the origin of each", async () => {
    await using dir = new TempDir();
    const file = await dir.write(
      "p.toml",
      "[defaults.proxy]\ngrace = '10s'\n[proxy.a]\nupstream = 1\npreset = 'finger'\nidle-timeout = '20m'\n",
    );
    const { stdout } = await poetry("check", "--show", file);
    const lines = stdout.toString().replace(/ {2,}/g, " ").split("\n");
    expect(lines).toContain(`upstream = 1 # ${file}:4`);
    expect(lines).toContain(`grace = "10s" # ${file}:2`);
    expect(lines).toContain('ttl = "60s" # preset finger');
    expect(lines).toContain("retries = 1 # default");
    expect(lines).toContain("total-timeout = 0 # instead of 10m, because of other settings");
    expect(lines).toContain("# no-store is not set");
    expect(lines.slice(lines.indexOf("[store]"), lines.indexOf("[shared]"))).toContain("# file is not set");
    expect(Bun.TOML.parse(stdout.toString())).toMatchObject({ proxy: { a: { grace: "10s" } } });
  });

  test.each([
    ["nothing.toml", "no such file (ENOENT)"],
    ["empty", "it contains no *.toml"],
    ["latin1.toml", "it is not UTF-8"],
    ["/dev/zero", "it is longer than 4194304 bytes"],
  ])("says why %s cannot be read", async (name, why) => {
    await using dir = new TempDir();
    await dir.write("latin1.toml", Buffer.from("# caf\xe9", "latin1"));
    await run(["mkdir", join(dir.path, "empty")]);
    const path = name.startsWith("/") ? name : join(dir.path, name);
    const { code, stderr } = await poetry("check", path);
    expect(stderr).toStartWith(`poetry check: Cannot read ${path}: ${why}.\n`);
    expect(code).toBe(2);
  });
});

describe("--print-config and poetry config", () => {
  test("print files that check accepts", async () => {
    await using dir = new TempDir();
    const printed = await poetry(
      "proxy",
      "whois.ripe.net:43",
      "--preset",
      "whois",
      "--port",
      "4343",
      "-q",
      "--print-config",
    );
    expect(printed.stdout.toString()).toBe(
      '[proxy.whois]\nupstream = "whois.ripe.net:43"\npreset = "whois"\nport = 4343\n\n[log]\nquiet = true\n',
    );
    const { stdout, code } = await poetry("check", await dir.write("p.toml", printed.stdout));
    expect([code, stdout.toString()]).toEqual([0, `${dir.path}/p.toml: 1 service, no mistakes.\n`]);
    const sample = await poetry("config", "sample");
    const checked = await poetry("check", await dir.write("s.toml", sample.stdout));
    expect(checked.stderr).toContain("s.toml:1:1: it defines no service: expected [serve.NAME]");
    expect(JSON.parse((await poetry("config", "schema")).stdout.toString())).toMatchObject({
      type: "object",
    });
  });
});
