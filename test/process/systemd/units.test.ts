import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { POETRY, run } from "../../support/program.ts";
import { TempDir } from "../../support/temp-dir.ts";

setDefaultTimeout(30_000);

const FOLDER = join(import.meta.dirname, "../../../contrib/systemd");
const UNITS = readdirSync(FOLDER).filter((name) => /\.(service|socket)$/.test(name));
const DROP_IN = "memory-deny-write-execute.conf";
/** The worst exposure that `systemd-analyze security` may report; 10 is a service without any restriction. */
const EXPOSED_AT_MOST = 2;

const canVerify = Bun.which("systemd-analyze") !== null;
if (!canVerify) console.warn("NOT RUN: the units of contrib/systemd: there is no systemd-analyze");

/** Copies the units, with the path of an existing program without blanks. */
async function copyUnits(dir: TempDir): Promise<void> {
  const program = join(dir.path, "poetry-proxy");
  symlinkSync(POETRY, program);
  for (const name of UNITS)
    await dir.write(
      name,
      readFileSync(join(FOLDER, name), "utf8").replaceAll("/usr/bin/poetry-proxy", program),
    );
}

/** A template is verified as one of its instances. */
function instance(name: string): string {
  return name.replace("@.", "@whois.");
}

describe.skipIf(!canVerify && process.env.POETRY_PEERS !== "required")("contrib/systemd", () => {
  test("has a service, a template for several, and a socket", () => {
    expect(UNITS.toSorted()).toEqual([
      "poetry-proxy.service",
      "poetry-proxy.socket",
      "poetry-proxy@.service",
    ]);
  });

  test.each(UNITS)("%s is accepted by systemd-analyze", async (name) => {
    await using dir = new TempDir();
    await copyUnits(dir);
    const verified = await run(["systemd-analyze", "verify", "--man=no", join(dir.path, instance(name))]);
    expect({ code: verified.code, said: verified.stdout.toString() + verified.stderr }).toEqual({
      code: 0,
      said: "",
    });
  });

  test.each(
    UNITS.filter((name) => name.endsWith(".service")).flatMap((name) => [
      [name, "as it is"],
      [name, DROP_IN],
    ]),
  )("%s is exposed little to the rest of the system, %s", async (name, dropIn) => {
    await using dir = new TempDir();
    await copyUnits(dir);
    if (dropIn === DROP_IN) {
      await mkdir(join(dir.path, `${name}.d`));
      await dir.write(`${name}.d/${DROP_IN}`, readFileSync(join(FOLDER, DROP_IN), "utf8"));
    }
    const limit = `--threshold=${EXPOSED_AT_MOST * 10}`;
    const { stdout, code } = await run([
      "systemd-analyze",
      "security",
      "--offline=yes",
      limit,
      join(dir.path, name),
    ]);
    const exposure = /Overall exposure level for .*: ([\d.]+)/.exec(stdout.toString())?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(EXPOSED_AT_MOST);
    expect(code).toBe(0);
  });

  test("the template differs from the service in names only", () => {
    const [service, template] = ["poetry-proxy.service", "poetry-proxy@.service"].map((name) =>
      readFileSync(join(FOLDER, name), "utf8"),
    ) as [string, string];
    const asService = template
      .replace("services, %i", "services")
      .replace("/%i.toml", "/poetry.toml")
      .replaceAll("Directory=poetry-proxy-%i", "Directory=poetry-proxy");
    expect(asService).toBe(service);
  });
});
