import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf } from "../../bench/proc.ts";
import pkg from "../../package.json" with { type: "json" };
import { ROOT } from "../../scripts/compile.ts";
import { packLauncher, packLibrary, packPlatform, platformPackage } from "../../scripts/release/npm.ts";
import { run as make } from "../../scripts/release/run.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { allOf, findPeer, testWith } from "../peers/peer.ts";
import { run, RunningProgram } from "../support/program.ts";
import { Registry } from "../support/release/registry.ts";
import { COMMIT, HOST, released } from "../support/release/released.ts";
import { TempDir } from "../support/temp-dir.ts";

setDefaultTimeout(120_000);

const POEM = join(ROOT, "poetry/science.txt");
const OTHERS = TARGETS.filter((each) => each !== HOST);
const shellcheck = findPeer("shellcheck", ["shellcheck", "--version"], (text) => text.includes("ShellCheck"));
const bwrap = findPeer(
  "bubblewrap",
  ["bwrap", "--dev-bind", "/", "/", "echo", "here"],
  (text) => text === "here\n",
);
const musl = allOf(bwrap, { name: "musl", isHere: existsSync("/lib/ld-musl-x86_64.so.1") });

let packages = "";
/** Where the launcher is installed. */
let installed: Project;

beforeAll(async () => {
  packages = join(ROOT, "dist/release-test/npm");
  const staging = await mkdtemp(join(tmpdir(), "poetry-npm-"));
  await rm(packages, { recursive: true, force: true });
  await mkdir(packages, { recursive: true });
  await packPlatform(COMMIT, HOST, released(), { folder: packages, staging });
  await packLauncher(COMMIT, { folder: packages, staging });
  await packLibrary(COMMIT, { folder: packages, staging });
  await rm(staging, { recursive: true });
  installed = await Project.create();
  expect(await installed.run("npm", "install", pkg.name)).toMatchObject({ code: 0 });
});

afterAll(() => installed[Symbol.asyncDispose]());

/** A project in a folder with a blank, and its npm, which has one registry and a cache of its own. */
class Project implements AsyncDisposable {
  readonly #dir = new TempDir();
  readonly path = join(this.#dir.path, "a project");
  readonly registry = new Registry(packages);

  static async create(): Promise<Project> {
    const project = new Project();
    for (const each of OTHERS) {
      const { os, cpu, libc } = each.npm;
      const fits = { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
      project.registry.list({ name: platformPackage(each), version: COMMIT.version, ...fits });
    }
    await Bun.write(join(project.path, "package.json"), "{}");
    return project;
  }

  /** `npm …` or `npx …`, to its end. */
  run(...command: string[]) {
    return run(this.command(...command), { cwd: this.path });
  }

  command(...command: string[]): string[] {
    const settings = {
      registry: this.registry.url,
      cache: join(this.path, "cache"),
      audit: "false",
      fund: "false",
    };
    const env = Object.entries(settings).map(([name, value]) => `npm_config_${name}=${value}`);
    return ["env", ...env, "npm_config_update_notifier=false", "npm_config_yes=true", ...command];
  }

  /** An installed command. */
  bin(name: string): string {
    return join(this.path, "node_modules/.bin", name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]();
    await this.#dir[Symbol.asyncDispose]();
  }
}

/** A program that npx runs: npx starts a shell, which starts it. */
class ByNpx extends RunningProgram {
  override async [Symbol.asyncDispose](): Promise<void> {
    const started = descendantsOf(this.pid);
    await super[Symbol.asyncDispose]();
    for (const pid of started) process.kill(pid, "SIGKILL");
  }
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

describe("packLauncher()", () => {
  test("pins every platform package exactly, and runs nothing at installation", () => {
    const archive = join(packages, `${pkg.name}-${COMMIT.version}.tgz`);
    const manifest = JSON.parse(make(["tar", "-xzOf", archive, "package/package.json"]));
    const pinned = Object.fromEntries(TARGETS.map((each) => [platformPackage(each), COMMIT.version]));
    expect(manifest.optionalDependencies).toEqual(pinned);
    expect(manifest.bin).toEqual({ poetry: "bin/poetry", "poetry-proxy": "bin/poetry" });
    expect(manifest.scripts).toBeUndefined();
  });

  test("installs with npm only the package for this machine; both commands serve and get", async () => {
    const modules = join(installed.path, "node_modules");
    const names = [...new Bun.Glob("poetry-*").scanSync({ cwd: modules, onlyFiles: false })];
    expect(names.toSorted()).toEqual([pkg.name, platformPackage(HOST)]);

    await using server = new RunningProgram([installed.bin("poetry"), "serve", POEM, "--port", "0"]);
    const line = await server.until((each) => each.includes(" on 127.0.0.1:"));
    const port = /:(\d+)\.$/.exec(line)?.[1] as string;
    const { stdout } = await run([installed.bin(pkg.name), "get", port]);
    expect(stdout.toString()).toBe(await Bun.file(POEM).text());
  });

  test("runs with npx from the packed archives alone: a proxy and its client", async () => {
    await using project = await Project.create();
    await using server = new ByNpx(
      project.command("npx", "--prefix", project.path, pkg.name, "serve", POEM, "--port", "0"),
    );
    const upstream = /:(\d+)\.$/.exec(
      await server.until((each) => each.includes(" on 127.0.0.1:")),
    )?.[1] as string;
    await using proxy = new ByNpx(
      project.command("npx", "--prefix", project.path, pkg.name, "proxy", upstream, "--port", "0"),
    );
    const port = /:(\d+)\.$/.exec(await proxy.until((each) => /Proxying .* on /.test(each)))?.[1] as string;
    const { code, stdout } = await project.run("npx", pkg.name, "get", port);
    expect({ code, text: stdout.toString() }).toEqual({ code: 0, text: await Bun.file(POEM).text() });
  });

  test("without optional dependencies the command says what to install, which helps", async () => {
    await using project = await Project.create();
    expect(await project.run("npm", "install", "--omit=optional", pkg.name)).toMatchObject({ code: 0 });
    const command = project.bin(pkg.name);
    const { code, stderr } = await run([command, "--version"]);
    expect(code).toBe(1);
    const advice = `npm install ${platformPackage(HOST)}@${COMMIT.version}`;
    expect(stderr).toContain(advice);
    expect(await project.run(...advice.split(" "))).toMatchObject({ code: 0 });
    expect((await run([command, "--version"])).stdout.toString()).toBe(`${COMMIT.version}\n`);
  });

  test("passes on arguments and the exit code, through links to links", async () => {
    const { path } = installed;
    await mkdir(join(path, "far away"));
    await symlink(`../node_modules/.bin/${pkg.name}`, join(path, "far away/link"));
    await symlink(join(path, "far away/link"), join(path, "poems"));
    const { code, stderr } = await run(["./poems", "get", "a b"], { cwd: path });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('"a b"') });
  });

  test("starts the executable beside it if the package itself is a link, as with pnpm", async () => {
    const store = join(installed.path, "pnpm/store/node_modules");
    await mkdir(store, { recursive: true });
    for (const name of [pkg.name, platformPackage(HOST)])
      await cp(join(installed.path, "node_modules", name), join(store, name), { recursive: true });
    await symlink(`store/node_modules/${pkg.name}`, join(installed.path, "pnpm", pkg.name));
    const { stdout } = await run([join(installed.path, "pnpm", pkg.name, "bin/poetry"), "--version"]);
    expect(stdout.toString()).toBe(`${COMMIT.version}\n`);
  });

  testWith(
    musl,
    "on Alpine the launcher uses the package for musl, on Debian with musl it does not",
    async () => {
      // On a file system of its own: bubblewrap creates the mount points.
      const etc = [
        "--tmpfs",
        "/etc",
        "--ro-bind",
        join(installed.path, "package.json"),
        "/etc/alpine-release",
      ];
      const onAlpine = await run([
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        ...etc,
        installed.bin(pkg.name),
        "--version",
      ]);
      expect(onAlpine.stderr).toContain(`${platformPackage(HOST)}-musl@${COMMIT.version}`);
      expect((await run([installed.bin(pkg.name), "--version"])).stdout.toString()).toBe(
        `${COMMIT.version}\n`,
      );
    },
  );

  testWith(shellcheck, "shellcheck finds no fault in its launcher", async () => {
    const { code, stdout } = await run(["shellcheck", join(ROOT, "packaging/npm/launcher.sh")]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
  });
});

test("packLibrary() packs what npm would pack", async () => {
  const [{ files }] = JSON.parse(
    make(["npm", "pack", "--json", "--dry-run"], { cwd: join(ROOT, "dist/deferred") }),
  );
  const packed = make(["tar", "-tzf", join(packages, `poetry-deferred-${COMMIT.version}.tgz`)]);
  const names = packed.split("\n").filter((name) => name !== "" && !name.endsWith("/"));
  const wanted = (files as { path: string }[]).map(({ path }) => `package/${path}`);
  expect(names.toSorted()).toEqual(wanted.toSorted());
});
