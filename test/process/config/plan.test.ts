import { describe, expect, test } from "bun:test";
import { readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { formatComplaint } from "../../../src/process/config/complaint.ts";
import { readConfigFile } from "../../../src/process/config/config-file.ts";
import { plan, type Plan, type Planned } from "../../../src/process/config/plan.ts";
import { TempDir } from "../../support/temp-dir.ts";
import type { Settled } from "../../../src/settings/settled.ts";

function planOf(...texts: string[]): Promise<Planned> {
  return plan(texts.map((text, index) => readConfigFile(`${"abc"[index]}.toml`, text)));
}

async function complaintsOf(...texts: string[]): Promise<string[]> {
  const planned = await planOf(...texts);
  return "complaints" in planned ? planned.complaints.map(formatComplaint) : [];
}

async function goodPlan(...texts: string[]): Promise<Plan> {
  const planned = await planOf(...texts);
  if ("plan" in planned) return planned.plan;
  throw new Error(planned.complaints.map(formatComplaint).join("\n"));
}

async function settledOf(...texts: string[]): Promise<Settled> {
  const [service] = (await goodPlan(...texts)).services;
  return (service as { settled: Settled }).settled;
}

const PROXY = '[proxy.a]\nupstream = "127.0.0.1:1"\n';

function serverOn(name: string, host: string): string {
  return `[serve.${name}]\nfile = "x"\nport = 70\nhost = "${host}"\n`;
}

function proxyOn(name: string, port: number, rest: string): string {
  return `[proxy.${name}]\nport = ${port}\n${rest}\n`;
}

describe("plan()", () => {
  test("finds exactly the thirty mistakes of a file with thirty mistakes, in their order", async () => {
    const text = readFileSync(join(import.meta.dirname, "thirty-mistakes.txt"), "utf8");
    const marked = text.split("\n").flatMap((line, index) => (/# \d+:/.test(line) ? [index + 1] : []));
    const found = await complaintsOf(text);
    expect(found.map((line) => Number(line.split(":")[1]))).toEqual(marked);
    expect(found).toMatchSnapshot();
  });

  test("takes settings from the service, else from its kind, else their defaults", async () => {
    const settled = await settledOf(
      `[defaults.proxy]\ngrace = "10s"\nttl = "1m"\n[defaults.serve]\nport = 1\n${PROXY}ttl = "2m"\n`,
    );
    expect(settled.values).toMatchObject({ ttl: 120_000, grace: 10_000, retries: 1 });
    expect([settled.originOf("ttl"), settled.originOf("grace"), settled.originOf("retries")]).toEqual([
      "given",
      "defaults",
      "default",
    ]);
  });

  test("prefers the preset of a service to the settings of its kind, and these to the preset of the kind", async () => {
    const own = await settledOf(`[defaults.proxy]\nttl = "7s"\n${PROXY}preset = "finger"\n`);
    expect(own.values).toMatchObject({ ttl: 60_000, request: "line" });
    const general = await settledOf(`[defaults.proxy]\nttl = "7s"\npreset = "finger"\n${PROXY}`);
    expect(general.values).toMatchObject({ ttl: 7_000, request: "line" });
    const replaced = await settledOf(`[defaults.proxy]\npreset = "finger"\n${PROXY}preset = "checkmk"\n`);
    expect(replaced.values).toMatchObject({ request: "none" });
  });

  test("omits defaults that do not apply to a service", async () => {
    const { services } = await goodPlan(
      `[defaults.proxy]\nallow = '^x'\n${PROXY}[proxy.b]\nupstream = 2\nrequest = "line"\n`,
    );
    expect(services.map(({ settled }) => settled.originOf("allow"))).toEqual(["default", "defaults"]);
  });

  test("rejects a default that applies to none of the services", async () => {
    expect(await complaintsOf(`[defaults.proxy]\nallow = '^x'\n${PROXY}`)).toEqual([
      "a.toml:2:9: defaults.proxy: it fits none of the services: allow has no effect without request",
    ]);
  });

  test("lets a default give way to a given larger limit", async () => {
    const settled = await settledOf(`[defaults.proxy]\ntotal-timeout = "5s"\n${PROXY}idle-timeout = "20s"\n`);
    expect(settled.values).toMatchObject({ "total-timeout": 0, "idle-timeout": 20_000 });
  });

  test("reads numbers, arrays and comma lists like flags", async () => {
    const settled = await settledOf(
      `${PROXY}port = 0x10\nrequest = "line"\nallow = ['^a', '^b']\nttl = 0\nmax-clients = "inf"\nkey-fold = ["crlf", "trim"]\n`,
    );
    expect(settled.values).toMatchObject({
      port: 16,
      ttl: 0,
      "max-clients": Infinity,
      "key-fold": ["crlf", "trim"],
    });
    expect(settled.textsOf("allow")).toEqual(["^a", "^b"]);
  });

  test("treats an empty list as one that replaces the preset's", async () => {
    const settled = await settledOf(`${PROXY}preset = "haproxy"\nallow = []\n`);
    expect(settled.values.allow).toBeUndefined();
  });

  test("resolves relative paths from the folder of the file", async () => {
    const files = [
      readConfigFile("/etc/poetry/p.toml", '[serve.a]\nfile = "poems/x.txt"\n[serve.b]\nfile = "/y"\n'),
    ];
    const planned = (await plan(files)) as { plan: Plan };
    expect(planned.plan.services.map(({ settled }) => settled.values.file)).toEqual([
      "/etc/poetry/poems/x.txt",
      "/y",
    ]);
  });

  test("combines several files, and names the file of each mistake", async () => {
    const { services, process } = await goodPlan(
      '[process]\ndrain-timeout = "3s"\n[defaults.proxy]\ngrace = "1s"',
      PROXY,
      '[log]\nformat = "json"\n[serve.b]\nfile = "x"',
    );
    expect(services.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(services[0]?.settled.values.grace).toBe(1_000);
    expect(process.values).toMatchObject({ "drain-timeout": 3_000, log: "json", quiet: false });
    expect(
      await complaintsOf(PROXY, `[log]\nquiet = true\n[serve.a]\nfile = "x"`, "[log]\nquiet = true\nx = 1"),
    ).toEqual([
      'b.toml:3:8: serve.a: the name "a" is taken by proxy.a in a.toml:1',
      "c.toml:2:1: quiet is already set in b.toml:2",
      'c.toml:3:1: log: unknown key "x"',
    ]);
  });

  test("prefers the command line to files", async () => {
    const files = [readConfigFile("a.toml", `[log]\nformat = "json"\n${PROXY}`)];
    const planned = (await plan(files, { overrides: new Map([["log", ["text"]]]) })) as { plan: Plan };
    expect(planned.plan.process.values.log).toBe("text");
  });

  test("recognizes ports in every spelling of an address", async () => {
    expect(await complaintsOf(serverOn("a", "127.0.0.1") + serverOn("b", "127.0.0.2"))).toEqual([]);
    expect(await complaintsOf(serverOn("a", "0.0.0.0") + serverOn("b", "localhost"))).toEqual([
      "a.toml:7:8: serve.b: 127.0.0.1:70 is taken by serve.a in a.toml:1",
    ]);
    expect(await complaintsOf(serverOn("a", "::") + serverOn("b", "::1"))).toHaveLength(1);
  });

  test("recognizes the sockets and files of the process itself", async () => {
    expect(await complaintsOf(`${serverOn("a", "0.0.0.0")}[metrics]\nlisten = "127.0.0.1:70"\n`)).toEqual([
      "a.toml:6:10: 127.0.0.1:70 is taken by serve.a in a.toml:1",
    ]);
    expect(
      await complaintsOf(
        `${PROXY}[metrics]\nlisten = "unix:/x"\n[control]\nsocket = "/x"\n[store]\nfile = "/y"\n[log]\nfile = "/y"\n`,
      ),
    ).toEqual(["a.toml:6:10: unix:/x is taken by metrics", "a.toml:10:8: /y is the file of the store"]);
    expect(await complaintsOf(`${serverOn("a", "0.0.0.0")}[metrics]\nlisten = 71\n`)).toEqual([]);
  });

  test("knows the sockets of every spelling of a path, and where links lead", async () => {
    await using dir = new TempDir();
    symlinkSync(".", join(dir.path, "here"));
    symlinkSync("here/s", join(dir.path, "link"));
    const on = (path: string) => `listen = "unix:${dir.path}/${path}"`;
    const [own, asked] = [on("s"), "upstream = 9"];
    for (const path of ["s", "./s", "/s", "here/s", "here/../${NAME}/s", "link"]) {
      const spelled = path.replace("${NAME}", basename(dir.path));
      const upstream = `upstream = "unix:${dir.path}/${spelled}"`;
      expect(await complaintsOf(`[proxy.a]\n${upstream}\n${own}\n`)).toEqual([
        `a.toml:2:12: proxy.a: bad upstream "unix:${dir.path}/${spelled}": the proxy would connect to itself`,
      ]);
      expect(
        await complaintsOf(`[proxy.a]\n${asked}\n${own}\n[proxy.b]\n${asked}\n${on(spelled)}\n`),
      ).toEqual([`a.toml:6:10: proxy.b: unix:${dir.path}/${spelled} is taken by proxy.a in a.toml:1`]);
      const second = await complaintsOf(
        `[proxy.a]\nupstream = ["unix:${dir.path}/s", "unix:${dir.path}/${spelled}"]\n`,
      );
      expect(second).toEqual([
        `a.toml:2:13: proxy.a: bad upstream "unix:${dir.path}/${spelled}": it is given twice`,
      ]);
    }
    expect(await complaintsOf(`[proxy.a]\nupstream = "unix:@s"\nlisten = "unix:@s"\n`)).toHaveLength(1);
    expect(await complaintsOf(`[proxy.a]\nupstream = "unix:@/x/s"\nlisten = "unix:@/x/./s"\n`)).toEqual([]);
    expect(
      await complaintsOf(`${PROXY}[store]\nfile = "${dir.path}/y"\n[log]\nfile = "${dir.path}/here/y"\n`),
    ).toEqual([`a.toml:6:8: ${dir.path}/here/y is the file of the store`]);
  });

  test("knows what of the process has no effect on its services, and what of these none beside that of the process", async () => {
    const store = '[store]\nfile = "/y"\n[shared]\nurl = "redis://127.0.0.1:1"\n';
    const useless = ["store.file", "shared.url"].map((key) => `${key} has no effect: no service uses it`);
    const [file, url] = useless;
    expect(await complaintsOf(`${serverOn("s", "127.0.0.1")}${store}`)).toEqual([
      `a.toml:6:8: ${file}`,
      `a.toml:8:7: ${url}`,
    ]);
    expect(await complaintsOf(`${PROXY}stream = true\n${store}`)).toHaveLength(2);
    expect(await complaintsOf(`${PROXY}stream = true\n${proxyOn("b", 2, "upstream = 3")}${store}`)).toEqual(
      [],
    );
    const memory = '[process]\nmax-memory = "1MiB"\n';
    expect(
      await complaintsOf(
        `${memory}${PROXY}max-memory = "2MiB"\nmax-answer = "2MiB"\n[proxy.b]\nupstream = 3\nport = 2\nstream = true\nmax-answer = "2MiB"\n`,
      ),
    ).toEqual([
      "a.toml:5:14: proxy.a: max-memory 2MiB has no effect: process.max-memory 1MiB is less",
      "a.toml:6:14: proxy.a: max-answer 2MiB has no effect: process.max-memory 1MiB is less",
    ]);
    expect(await complaintsOf(`${memory}${PROXY}max-memory = "1MiB"\n`)).toEqual([]);
  });

  test("finds a loop of three proxies, one of which uses --via", async () => {
    expect(
      await complaintsOf(
        proxyOn("a", 1, "upstream = 2") +
          proxyOn("b", 2, 'upstream = 9\nvia = 3\ntransform = "x"') +
          proxyOn("c", 3, 'upstream = "localhost:1"'),
      ),
    ).toEqual(["a.toml:3:12: proxy.a: bad upstream: a loop, proxy.a asks proxy.b asks proxy.c asks proxy.a"]);
  });

  test("requires at least one service", async () => {
    expect(await complaintsOf("# nothing")).toEqual([
      "a.toml:1:1: it defines no service: expected [serve.NAME], [proxy.NAME], [transform-serve.NAME], [transform-proxy.NAME]",
    ]);
  });
});
