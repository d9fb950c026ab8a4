import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../scripts/compile.ts";
import { blocksOf } from "../../scripts/documents.ts";
import { debName, makeDeb } from "../../scripts/release/deb.ts";
import { run as make } from "../../scripts/release/run.ts";
import { findPeer, testWith } from "../peers/peer.ts";
import { run, type Run } from "../support/program.ts";
import { Debian, debian } from "../support/release/debian.ts";
import { COMMIT, HOST, released } from "../support/release/released.ts";
import { START } from "../support/release/walk.ts";
import { Unit } from "../support/release/unit.ts";

/**
 * Time to unpack a system and install a package of 115 MB in it, while other tests run; lintian unpacks all of it, too.
 */
const PATIENCE_MS = 180_000;
setDefaultTimeout(PATIENCE_MS);

const FOLDER = join(ROOT, "dist/release-test/deb");
const NAME = debName(COMMIT, HOST.debian as string);
const DEB = join(FOLDER, NAME);
const CONFIG = "/etc/poetry-proxy/poetry.toml";
const lintian = findPeer("lintian", ["lintian", "--version"], (text) => text.includes("Lintian"));
const shellcheck = findPeer("shellcheck", ["shellcheck", "--version"], (text) => text.includes("ShellCheck"));

beforeAll(async () => {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await makeDeb(COMMIT, HOST, released(), {
    folder: FOLDER,
    staging: join(FOLDER, "staging"),
    compression: "gzip",
  });
});

/** Some of the files that the package brings, one of each kind. */
const INSTALLED = [
  CONFIG,
  "/usr/lib/systemd/system/poetry-proxy.service",
  "/usr/lib/systemd/system/poetry-proxy@.service",
  "/usr/lib/systemd/system/poetry-proxy.socket",
  "/usr/lib/sysusers.d/poetry-proxy.conf",
  "/usr/share/bash-completion/completions/poetry-proxy",
  "/usr/share/doc/poetry-proxy/THIRD-PARTY-LICENSES.gz",
  "/usr/share/doc/poetry-proxy/copyright",
  "/usr/share/man/man1/poetry-proxy-up.1.gz",
  "/usr/share/man/man5/poetry.toml.5.gz",
  "/usr/share/poetry-proxy/poetry.schema.json",
];

const REGISTERED = "ripe.net is registered.";

/**
 * The commands that README and docs/install.md show to new users, with a registry on loopback in place of the real one.
 */
function fiveCommands(): string {
  const [block = "", ...others] = ["README.md", "docs/install.md"].map(
    (file) =>
      blocksOf(readFileSync(join(ROOT, file), "utf8")).find(({ text }) => text.startsWith("apt install"))
        ?.text,
  );
  expect(others).toEqual([block]);
  const adapted = block
    .replace("apt install", "apt-get install -q -y")
    .replace("whois.ripe.net:43", "127.0.0.1:43")
    .replace(/^poetry-proxy up$/m, "start poetry-proxy up");
  const [install = "", ...rest] = adapted.split(/^(?=\S+ )/m);
  return `${START}
mkdir /srv/registry; echo '${REGISTERED}' >/srv/registry/ripe.net.txt
began=$(date +%s%N)
${install}start poetry-proxy serve /srv/registry --port 43
${rest.join("")}
poetry-proxy get 4343 --request ripe.net
echo "$((($(date +%s%N) - began) / 1000000)) ms"`;
}

const RESTRICTED_CONFIG = `
[store]
file = "/var/lib/poetry-proxy/answers"
[proxy.version]
upstream = "127.0.0.1:10001"
port = 10000
`;

function testInDebian(name: string, fn: () => Promise<void>): void {
  testWith(debian, name, fn, PATIENCE_MS);
}

/** Where "systemctl enable" puts a link. */
const WANTS = "/etc/systemd/system/multi-user.target.wants";

/** A hand-made package. */
function packageOf(control: string, files: Readonly<Record<string, string>>, name: string): Promise<string> {
  return pack(name, async (stage) => {
    await mkdir(join(stage, "DEBIAN"), { recursive: true });
    await writeFile(join(stage, "DEBIAN/control"), control);
    for (const [path, content] of Object.entries(files)) await Bun.write(join(stage, path), content);
  });
}

/** The package under test with a higher version and the changes that `change` makes. */
function nextVersion(change: (stage: string) => Promise<void>): Promise<string> {
  return pack("next", async (stage) => {
    make(["dpkg-deb", "--raw-extract", DEB, stage]);
    const control = join(stage, "DEBIAN/control");
    await writeFile(control, (await readFile(control, "utf8")).replace(/^Version: .*$/m, "Version: 999-1"));
    await change(stage);
  });
}

async function pack(name: string, fill: (stage: string) => Promise<void>): Promise<string> {
  const stage = join(FOLDER, name);
  await rm(stage, { recursive: true, force: true });
  await fill(stage);
  make(["dpkg-deb", "--root-owner-group", "-Znone", "--build", stage, `${stage}.deb`]);
  return `${stage}.deb`;
}

/** The output of a command, which must succeed. */
async function printed(running: Promise<Run>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`It ended with ${code}:\n${stdout.toString()}${stderr}`);
  return stdout.toString();
}

/** Every file and user of a system, except for the state of apt and dpkg. */
const EVERYTHING = `find / -xdev \\( -path /proc -o -path /root -o -path '/var/lib/dpkg' -o -path '/var/*/apt' \\
  -o -path /var/log \\) -prune -o -print | sort; cut -d: -f1 /etc/passwd /etc/group`;

describe("makeDeb()", () => {
  testInDebian(
    "its package installs beside one that has /usr/bin/poetry, and each command is its own",
    async () => {
      await using system = await Debian.create();
      const other = await packageOf(
        "Package: python3-poetry\nVersion: 1.3.2\nArchitecture: all\nMaintainer: x <x@x.x>\nDescription: has the name\n",
        {
          "usr/bin/poetry": "#!/bin/sh\necho the other one\n",
          "usr/share/bash-completion/completions/poetry": "\n",
        },
        "other",
      );
      await system.bring(other, DEB);
      await printed(system.run(`apt-get install -q -y ./other.deb ./${NAME}`));
      expect(await printed(system.run("dpkg-query --search /usr/bin/poetry; poetry-proxy --version"))).toBe(
        `python3-poetry: /usr/bin/poetry\n${COMMIT.version}\n`,
      );
      expect(await printed(system.run("dpkg --verify poetry-proxy"))).toBe("");
      const files = await printed(system.run("dpkg-query --listfiles poetry-proxy"));
      for (const path of INSTALLED) expect(files).toContain(`${path}\n`);

      const usage = (await system.run("poetry-proxy prxy")).stderr; // "poetry" would be the other program.
      expect(usage).toBe(
        `poetry-proxy: Unknown command prxy - did you mean proxy?\nTry "poetry-proxy --help".\n`,
      );
      const answers = await system.run(`${START}
      start poetry-proxy serve /etc/debian_version --port 10001
      start poetry-proxy proxy 10001 --port 10000 --ttl 2h
      poetry-proxy get 10000; poetry-proxy get 10000`);
      const version = await readFile(join(system.path, "etc/debian_version"), "utf8");
      expect(await printed(Promise.resolve(answers))).toBe(version + version);
      expect(answers.stderr).toMatch(/Fetching poem from server.*\n(.*\n)*.*Using cached poem/);
    },
  );

  testInDebian("an edited configuration survives upgrade and removal; a purge leaves nothing", async () => {
    await using system = await Debian.create();
    await system.installSysusers();
    const next = await nextVersion((stage) => writeFile(join(stage, CONFIG), "# another sample\n"));
    await system.bring(DEB, next);
    await printed(system.run("mkdir /var/lib/private; touch /etc/shadow- /etc/gshadow-")); // Not this package's.
    const before = await printed(system.run(EVERYTHING));

    await printed(system.run(`apt-get install -q -y ./${NAME}`));
    expect(await printed(system.run("getent passwd poetry-proxy"))).toContain("Caching proxy");
    const edited = '[serve.poem]\nfile = "/etc/hostname"\nport = 10001\n';
    await writeFile(join(system.path, CONFIG), edited);
    await printed(system.run("mkdir -p /var/lib/private/poetry-proxy-two /var/log/poetry-proxy"));
    await printed(
      system.run(`mkdir -p ${WANTS}; ln -s /usr/lib/systemd/system/poetry-proxy.service ${WANTS}`),
    );

    await printed(system.run("dpkg --force-confold --install ./next.deb"));
    expect(await readFile(join(system.path, CONFIG), "utf8")).toBe(edited);
    await printed(system.run(`test -L ${WANTS}/poetry-proxy.service`));
    await printed(system.run("apt-get remove -q -y poetry-proxy"));
    expect(await readFile(join(system.path, CONFIG), "utf8")).toBe(edited);
    await printed(system.run("! test -e /usr/bin/poetry-proxy"));
    await printed(system.run("apt-get purge -q -y poetry-proxy"));
    expect(await printed(system.run(EVERYTHING))).toBe(before);
  });

  testInDebian(
    "where systemd runs, an upgrade has the service hand over or restart, and a removal stops it",
    async () => {
      await using system = await Debian.create();
      const next = await nextVersion(() => Promise.resolve());
      await system.bring(DEB, next);
      const systemctl = join(system.path, "usr/bin/systemctl");
      await writeFile(systemctl, '#!/bin/sh\necho "$@" >>/root/asked\n', { mode: 0o755 });
      /** The calls of systemctl while the script ran. */
      const asked = async (script: string): Promise<string[]> => {
        const all = await printed(
          system.run(`mkdir -p /run/systemd/system; >asked; { ${script}\n } >&2; cat asked`),
        );
        return all.split("\n").filter((line) => /^(start|stop|restart|try-restart|enable) /.test(line));
      };
      expect(await asked(`dpkg --install ./${NAME}`)).toEqual([]);
      expect(await asked("dpkg --install ./next.deb")).toEqual(["try-restart poetry-proxy.service"]);

      await writeFile(
        join(system.path, CONFIG),
        '[serve.version]\nfile = "/etc/debian_version"\nport = 10001\n',
      );
      const handedOver = await asked(`${START}
      mkdir /run/poetry-proxy
      start env RUNTIME_DIRECTORY=/run/poetry-proxy poetry-proxy up
      dpkg --install ./next.deb | tee told
      grep 'has taken over' told
      wait "$started"
      poetry-proxy get 10001 | cmp - /etc/debian_version`);
      expect(handedOver).toEqual([]);

      const stopped = await asked("dpkg --remove poetry-proxy");
      expect(stopped).toEqual(["stop poetry-proxy.service poetry-proxy.socket poetry-proxy@*.service"]);
    },
  );

  testInDebian("from the package alone to a cached whois in five commands", async () => {
    await using system = await Debian.create();
    await system.bring(DEB);
    const { code, stdout, stderr } = await system.run(fiveCommands());
    expect(stderr).toMatch(/Fetched 24 bytes from 127\.0\.0\.1:43 .*\n(.*\n)*.*Using cached poem/);
    const lines = stdout.toString().trimEnd().split("\n");
    const [checked, first, second, took] = lines.slice(-4);
    expect({ code, first, second }).toEqual({ code: 0, first: REGISTERED, second: REGISTERED });
    expect(checked).toContain("1 service");
    console.log(`Five commands to a cached whois took ${took}.`);
  });

  testInDebian("its service runs under the restrictions of its unit", async () => {
    await using system = await Debian.create();
    await system.bring(DEB);
    await printed(system.run(`dpkg --install ./${NAME}`));
    await writeFile(join(system.path, CONFIG), RESTRICTED_CONFIG);
    const unit = new Unit(join(system.path, "usr/lib/systemd/system/poetry-proxy.service"));
    const script = `${START}
      start poetry-proxy serve /etc/debian_version --port 10001
      start sh -c '${unit.start}'
      poetry-proxy get 10000; poetry-proxy get 10000
      poetry-proxy ctl status --quiet
      stat -c '%u %a' /run/poetry-proxy/control.sock /var/lib/poetry-proxy/answers
      kill "$started"; code=0; wait "$started" || code=$?; echo "ended with $code"`;
    const version = await readFile(join(system.path, "etc/debian_version"), "utf8");
    expect(await printed(system.run(script, unit.mounts(system.path)))).toBe(
      `${version}${version}61234 600\n61234 600\nended with 0\n`,
    );
  });

  testWith(
    lintian,
    "lintian finds no fault in its package",
    async () => {
      const { code, stdout } = await run(["lintian", "--allow-root", "--fail-on", "error,warning", DEB]);
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
    },
    PATIENCE_MS,
  );

  testWith(shellcheck, "shellcheck finds no fault in its scripts", async () => {
    const control = join(FOLDER, "control");
    make(["dpkg-deb", "--control", DEB, control]);
    const scripts = ["postinst", "prerm", "postrm"].map((name) => join(control, name));
    const { code, stdout } = await run(["shellcheck", ...scripts]);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: "" });
  });

  test("makes the same bytes again, whatever the umask", async () => {
    const again = join(FOLDER, "again");
    await mkdir(again, { recursive: true });
    const umask = process.umask(0o077);
    await makeDeb(COMMIT, HOST, released(), {
      folder: again,
      staging: join(again, "staging"),
      compression: "gzip",
    });
    process.umask(umask);
    expect((await run(["cmp", DEB, join(again, NAME)])).code).toBe(0);
  });
});
