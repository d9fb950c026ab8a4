import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lstatSync, symlinkSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { basename, join } from "node:path";
import { closedPorts } from "../../support/closed-port.ts";
import { canBeNobody, poetryAsNobody } from "../../support/nobody.ts";
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
    // A client may still have been about to hang up.
    expect(up.lines.filter((line) => line.startsWith("Stopped on SIGTERM"))).toHaveLength(1);
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

describe("a reload", () => {
  test.skipIf(!canBeNobody)(
    "that gives a socket to a group to which the user may not give it changes nothing",
    async () => {
      await using dir = new TempDir();
      const socket = join(dir.path, "a");
      const table = (name: string, rest: string) =>
        `[proxy.${name}]\nupstream = 1\nlisten = 'unix:${socket}${name}'\n${rest}\n`;
      const file = await dir.write("p.toml", table("a", "") + table("b", ""));
      const asNobody = await poetryAsNobody(dir);
      await chmod(dir.path, 0o777);
      await using up = new RunningProgram([...asNobody, "up", file]);
      await up.until((line) => line.startsWith("b: Proxying "));
      await dir.write("p.toml", table("a", "socket-mode = '0666'") + table("b", "socket-group = 0"));
      up.signal("SIGHUP");
      const refused = `Cannot listen on unix:${socket}b: it cannot be given to the group 0: permission denied (EPERM)`;
      await up.until((line) => line === `error: Not reloaded: b: ${refused}`);
      expect(["a", "b"].map((name) => lstatSync(socket + name).mode & 0o777)).toEqual([0o600, 0o600]);
    },
  );
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
      "[proxy.a]\nupstream = 1\n[store]\nfile = 'none/y.db'\n[control]\nsocket = 'none/x'\n[log]\nfile = 'p.log'\n",
    );
    const { code, stderr } = await poetry("check", file);
    const missing = `there is no folder ${dir.path}/none`;
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({
      code: 2,
      stderr: [`${file}:4:8: ${missing}`, `${file}:6:10: ${missing}`],
    });
  });

  test("leaves folders to the service manager that makes them, and knows files from folders", async () => {
    await using dir = new TempDir();
    const file = await dir.write("p.toml", "");
    const socket = "listen = 'unix:/run/poetry-none/a'\n";
    await dir.write(
      "p.toml",
      `[serve.a]\nfile = 'p.toml'\n${socket}[proxy.b]\nupstream = 1\n${socket.replace("/a", "/b")}`,
    );
    expect(await poetry("check", file)).toMatchObject({ code: 0, stderr: "" });
    await dir.write(
      "p.toml",
      `[proxy.a]\nupstream = 1\nlisten = 'unix:${file}/a'\n[store]\nfile = '.'\n[metrics]\nlisten = 'unix:none/x'\n`,
    );
    const { code, stderr } = await poetry("check", file);
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({
      code: 2,
      stderr: [
        `${file}:3:10: proxy.a: bad listen "unix:${file}/a": there is no folder ${file}`,
        `${file}:5:8: ${dir.path} is a folder`,
        `${file}:7:10: there is no folder ${dir.path}/none`,
      ],
    });
  });

  test("says which groups there are not, for sockets to listen on and for control", async () => {
    await using dir = new TempDir();
    const file = await dir.write(
      "p.toml",
      `[proxy.a]\nupstream = 1\nlisten = 'unix:${dir.path}/a'\nsocket-group = 'no-poets'\n[control]\nsocket = 'c'\ngroup = 'no-poets'\n`,
    );
    const { code, stderr } = await poetry("check", file);
    expect({ code, stderr: stderr.trim().split("\n") }).toEqual({
      code: 2,
      stderr: [
        `${file}:4:16: proxy.a: bad socket-group "no-poets": there is no group called no-poets`,
        `${file}:7:9: bad control.group "no-poets": there is no group called no-poets`,
      ],
    });
  });

  test.skipIf(!canBeNobody)(
    "says that a user may not give sockets to a group, unless it is another one who runs the service",
    async () => {
      await using dir = new TempDir();
      const group = "0"; // Nobody but root is in it.
      const file = await dir.write(
        "p.toml",
        `[proxy.a]\nupstream = 1\nlisten = 'unix:${dir.path}/a'\nsocket-group = ${group}\n[control]\nsocket = '/a'\ngroup = ${group}\n`,
      );
      const asNobody = await poetryAsNobody(dir);
      await chmod(dir.path, 0o777);
      const { code, stderr } = await run([...asNobody, "check", file]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `${file}:4:16: proxy.a: bad socket-group "0": only a member of this group, or root, may give it the socket ${dir.path}/a\n`,
      });
      if (process.getuid?.() === 0) expect((await poetry("check", file)).code).toBe(0);
    },
  );

  test("reads all files of a command line, whichever of them cannot be read", async () => {
    await using dir = new TempDir();
    const [bad, missing] = [
      await dir.write("bad.toml", "[serve.a]\nfile = 'x'\nfil = 1\n"),
      join(dir.path, "missing.toml"),
    ];
    await run(["mkdir", join(dir.path, "empty")]);
    const found = [
      `${bad}:3:1: serve.a: unknown key "fil" - did you mean "file"?`,
      `${missing}: cannot be read: no such file (ENOENT)`,
      `${dir.path}/empty: cannot be read: it contains no *.toml`,
    ];
    for (const command of ["check", "up"]) {
      const { code, stderr } = await poetry(command, bad, missing, `${dir.path}/empty`);
      expect({ code, stderr: stderr.trim().split("\n") }).toEqual({ code: 2, stderr: found });
    }
  });

  test("takes a file that is named twice for a mistake, by whatever names", async () => {
    await using dir = new TempDir();
    const file = await dir.write("a.toml", "[serve.a]\nfile = 'a.toml'\nport = 0\n");
    symlinkSync("a.toml", join(dir.path, "b.toml"));
    for (const [paths, again] of [
      [[file, file], file],
      [[dir.path], join(dir.path, "b.toml")],
      [
        [dir.path, `${dir.path}/../${basename(dir.path)}/a.toml`],
        `${dir.path}/../${basename(dir.path)}/a.toml`,
      ],
    ] as const)
      for (const command of ["check", "up"]) {
        const { code, stderr } = await poetry(command, ...paths);
        expect(code).toBe(2);
        expect(stderr).toEndWith(`${again}: it is the same file as ${file}\n`);
      }
  });

  test.skipIf(existsSync("/etc/poetry-proxy/poetry.toml"))(
    "without a file names the one in the working directory",
    async () => {
      await using dir = new TempDir();
      const usual = "/etc/poetry-proxy/poetry.toml";
      const without = await run([POETRY, "check"], { cwd: dir.path });
      expect(without.stderr).toStartWith(`poetry check: Cannot read ${usual}: no such file (ENOENT).\n`);
      await dir.write("poetry.toml", "");
      for (const command of ["check", "up"])
        expect(await run([POETRY, command], { cwd: dir.path })).toMatchObject({
          code: 2,
          stderr: `poetry ${command}: There is no ${usual} - did you mean "poetry ${command} poetry.toml"?\nTry "poetry ${command} --help".\n`,
        });
    },
  );

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
