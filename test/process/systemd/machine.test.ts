import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SystemdMachine, whyNoMachine } from "../../support/systemd-machine.ts";

setDefaultTimeout(60_000);

if (whyNoMachine !== undefined) console.warn(`NOT RUN: the units under a systemd: ${whyNoMachine}`);

const UNIT = "poetry-proxy.service";
const POEM = "Busy old fool, unruly Sun,\n".repeat(40);
const CONFIGURATION = `
[store]
file = "/var/lib/poetry-proxy/store.db"
[serve.poem]
file = "poem.txt"
port = 10001
delay = "100ms"
num-bytes = 50
[proxy.whois]
upstream = ["127.0.0.1:10001"]
port = 4343
`;
const DENYING = readFileSync(
  join(import.meta.dirname, "../../../contrib/systemd/memory-deny-write-execute.conf"),
  "utf8",
);

describe.skipIf(whyNoMachine !== undefined)("poetry-proxy.service, under a systemd,", () => {
  let machine: SystemdMachine;
  const get = async (port: number) => {
    const { code, stdout } = await machine.poetry("get", `${port}`);
    return { code, isWhole: stdout.toString() === POEM };
  };
  const whole = { code: 0, isWhole: true };

  beforeAll(async () => {
    machine = await SystemdMachine.boot();
    machine.configure("poem.txt", POEM);
  });

  beforeEach(() => machine.configure("poetry.toml", CONFIGURATION));

  afterAll(() => machine[Symbol.asyncDispose]());

  /** Starts it afresh, with an addition to its unit. */
  async function start(addition = ""): Promise<void> {
    await machine.systemctl("stop", "poetry-proxy.socket", UNIT);
    await machine.add(UNIT, addition);
    expect(await machine.systemctl("start", UNIT)).toMatchObject({ code: 0, stderr: "" });
  }

  /** Waits until the serving process has a client of the poem. */
  async function untilAsked(): Promise<void> {
    for (;;) {
      const { stdout } = await machine.poetry("ctl", "status", "--json");
      const { services } = JSON.parse(stdout.toString()) as {
        services: { name: string; clients: { now: number } }[];
      };
      if (services.some(({ name, clients }) => name === "poem" && clients.now > 0)) return;
    }
  }

  /** Without a JIT a helper program has to send the status first. */
  async function untilStatus(isMeant: (text: string) => boolean): Promise<void> {
    while (!isMeant(await machine.property(UNIT, "StatusText")));
  }

  test.each([
    ["", ""],
    ["with MemoryDenyWriteExecute=yes", DENYING],
  ])("starts when it serves, reloads, says why it has not, and stops %s", async (_, addition) => {
    await start(addition);
    expect(await get(4343)).toEqual(whole);
    const status = await machine.property(UNIT, "StatusText");
    expect(status).toBe("Serving poem on 127.0.0.1:10001, whois on 127.0.0.1:4343.");
    expect(await machine.property(UNIT, "User")).toBe("poetry-proxy");

    machine.configure("poetry.toml", `${CONFIGURATION}delya = 1\n`);
    expect(await machine.systemctl("reload", UNIT)).toMatchObject({ code: 1 });
    await untilStatus((text) => text.includes('unknown key "delya"'));
    expect(await machine.property(UNIT, "SubState")).toBe("running");

    machine.configure("poetry.toml", CONFIGURATION);
    expect(await machine.systemctl("reload", UNIT)).toMatchObject({ code: 0 });
    await untilStatus((text) => text === status);

    await machine.systemctl("stop", UNIT);
    expect(await machine.property(UNIT, "Result")).toBe("success");
    expect(await machine.property(UNIT, "ActiveState")).toBe("inactive");
  });

  test("stops after an upgrade when the clients of both processes have been served", async () => {
    await start();
    const before = await machine.property(UNIT, "MainPID");
    const one = get(10001);
    await untilAsked();
    expect(await machine.poetry("ctl", "upgrade")).toMatchObject({ code: 0 });
    expect(await machine.property(UNIT, "MainPID")).not.toBe(before);
    const other = get(10001);
    await untilAsked();
    await machine.systemctl("stop", UNIT);
    expect(await Promise.all([one, other])).toEqual([whole, whole]);
    expect(await machine.property(UNIT, "Result")).toBe("success");
  });

  test("is not restarted with a mistake in its configuration", async () => {
    await machine.systemctl("stop", UNIT);
    await machine.add(UNIT, "[Service]\nRestartSec=0\n");
    machine.configure("poetry.toml", `${CONFIGURATION}delya = 1\n`);
    expect(await machine.systemctl("start", UNIT)).toMatchObject({ code: 1 });
    expect(await machine.property(UNIT, "ExecMainStatus")).toBe("2");
    expect(await machine.property(UNIT, "ActiveState")).toBe("failed");
    expect(await machine.property(UNIT, "NRestarts")).toBe("0");
    await machine.systemctl("reset-failed", UNIT);
  });

  test("is restarted when its event loop hangs", async () => {
    await start("[Service]\nWatchdogSec=1s\n");
    const hung = await machine.property(UNIT, "MainPID");
    await machine.run("kill", "-STOP", hung);
    while ((await machine.property(UNIT, "NRestarts")) === "0");
    while ((await machine.property(UNIT, "SubState")) !== "running");
    expect(await get(4343)).toEqual(whole);
  });

  test("is started by the first client of its socket unit, which waits for it", async () => {
    await machine.systemctl("stop", UNIT);
    await machine.add(UNIT, "");
    expect(await machine.systemctl("start", "poetry-proxy.socket")).toMatchObject({ code: 0, stderr: "" });
    expect(await machine.property(UNIT, "ActiveState")).toBe("inactive");
    expect(await get(4343)).toEqual(whole);
    await machine.systemctl("restart", UNIT);
    expect(await get(4343)).toEqual(whole);
    await machine.systemctl("stop", "poetry-proxy.socket", UNIT);
    expect(await machine.property(UNIT, "Result")).toBe("success");
  });
});
