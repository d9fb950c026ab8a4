import { describe, expect } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { findPeer, testWith } from "../../peers/peer.ts";
import { completionScript } from "../../../src/cli/completion/scripts.ts";
import { POETRY, run, RunningProgram } from "../../support/program.ts";
import { ScriptedPeer } from "../../support/scripted-peer.ts";
import { TempDir } from "../../support/temp-dir.ts";
import { TypedShell } from "../../support/typing.ts";
import { visit } from "../../support/visitor.ts";

const bash = findPeer("bash", ["bash", "--version"], (text) => text.includes("GNU bash"));
const zsh = findPeer("zsh", ["zsh", "--version"], (text) => text.startsWith("zsh"));
const fish = findPeer("fish", ["fish", "--version"], (text) => text.startsWith("fish"));
const LOADER = "/usr/share/bash-completion/bash_completion";
const loader = findPeer("bash-completion", ["cat", LOADER], (text) => text.includes("_completion_loader"));

/** A folder with the program under its two names in `bin`, some files, and a process with a control socket. */
class Desk implements AsyncDisposable {
  readonly dir = new TempDir();
  readonly bin = `${this.dir.path}/bin`;
  /** Answers whatever it is asked. */
  readonly #upstream = new ScriptedPeer((connection) => {
    connection.onData = () => connection.send("a poem").fin();
  });
  #process: RunningProgram | undefined;

  static async open(): Promise<Desk> {
    const desk = new Desk();
    mkdirSync(desk.bin);
    for (const name of ["poetry", "poetry-proxy"]) symlinkSync(POETRY, `${desk.bin}/${name}`);
    await desk.dir.write("sonnet one.txt", "a poem\n");
    await desk.dir.write("limerick.txt", "a poem\n");
    const file = `[control]\nsocket = "control.sock"\n[serve.limericks]\nfile = "limerick.txt"\n[proxy.whois]\nupstream = "whois.example:43"\n[proxy.any]\nupstream = ${desk.#upstream.port}\nport = 0\nrequest = "blank"\n`;
    const config = await desk.dir.write("poetry.toml", file);
    desk.#process = new RunningProgram([POETRY, "up", config]);
    await desk.#process.until((line) => line.includes("Proxying whois.example:43 on "));
    await desk.#process.until((line) => line.includes("Serving ") && line.includes("limerick.txt on "));
    const [, port] =
      /on 127\.0\.0\.1:(\d+)/.exec(await desk.#process.until((line) => line.startsWith("any: Proxying"))) ??
      [];
    for (const key of ["ecstasy", "show stat", "a:b=c", "new\nline's", "-q"]) {
      const { end } = await visit(Number(port), (client) => void client.write(`${key}\n\n`));
      expect(end).toBe("fin");
    }
    return desk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.#upstream[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Lines, and what Tab at their end completes them to. */
const BECOMES: readonly [typed: string, line: string][] = [
  ["poetry pres", "poetry presets "],
  ["poetry-proxy pres", "poetry-proxy presets "],
  ["poetry help transform-s", "poetry help transform-serve "],
  ["poetry ctl rele", "poetry ctl release "],
  ["poetry proxy 10001 --first-b", "poetry proxy 10001 --first-byte-timeout "],
  ["poetry proxy 10001 --preset zoo", "poetry proxy 10001 --preset zookeeper "],
  ["poetry proxy 10001 --log=j", "poetry proxy 10001 --log=json "],
  ["poetry proxy 10001 --key-fold trim,lo", "poetry proxy 10001 --key-fold trim,lower "],
  ["poetry serve lim", "poetry serve limerick.txt "],
  ["poetry serve son", "poetry serve sonnet\\ one.txt "],
  ["poetry proxy 10001 --store=lim", "poetry proxy 10001 --store=limerick.txt "],
  ["poetry proxy 10001 --metrics unix:lim", "poetry proxy 10001 --metrics unix:limerick.txt "],
  [
    "poetry ctl ls --socket control.sock --service who",
    "poetry ctl ls --socket control.sock --service whois ",
  ],
  [
    "poetry ctl ls --socket control.sock --service=lim",
    "poetry ctl ls --socket control.sock --service=limericks ",
  ],
  [
    "poetry ctl hold --socket control.sock whois.ex",
    "poetry ctl hold --socket control.sock whois.example:43 ",
  ],
  [
    "poetry ctl hold --socket control.sock whois.example:4",
    "poetry ctl hold --socket control.sock whois.example:43 ",
  ],
  ["poetry ctl ls --socket no.sock --service who", "poetry ctl ls --socket no.sock --service who"],
  ["poetry ctl show --socket control.sock ecs", "poetry ctl show --socket control.sock ecstasy "],
  ["poetry ctl purge --socket control.sock sh", "poetry ctl purge --socket control.sock show\\ stat "],
  ["poetry ctl show --socket control.sock show\\ st", "poetry ctl show --socket control.sock show\\ stat "],
  ["poetry ctl show --socket control.sock a:b=", "poetry ctl show --socket control.sock a:b=c "],
  ["poetry ctl show --socket control.sock new", "poetry ctl show --socket control.sock new\\\\nline\\'s "],
  ["poetry ctl show --socket control.sock nowh", "poetry ctl show --socket control.sock nowh"],
  ["poetry ctl show --socket no.sock ecs", "poetry ctl show --socket no.sock ecs"],
];

describe.each([
  ["bash", bash],
  ["zsh", zsh],
] as const)("%s, with poetry completion", (name, peer) => {
  testWith(peer, "completes commands, flags, values, files, and names of a running process", async () => {
    await using desk = await Desk.open();
    await using shell = await TypedShell.start(name, desk.dir.path, desk.bin);
    const lines: [string, string][] = [];
    for (const [typed] of BECOMES) lines.push([typed, (await shell.press(`${typed}\t`)).line]);
    expect(lines).toEqual(BECOMES.map(([typed, line]) => [typed, line]));
  });

  testWith(peer, "lists the possibilities without an error", async () => {
    await using desk = await Desk.open();
    await using shell = await TypedShell.start(name, desk.dir.path, desk.bin);
    const { shown } = await shell.press("poetry ctl ls --socket control.sock --service \t\t");
    for (const word of ["limericks", "whois"]) expect(shown).toContain(word);
    const nobody = await shell.press("poetry ctl ls --socket no.sock --service \t\t");
    expect(nobody.shown).not.toMatch(/error|cannot|ENOENT|no such/i);
  });

  testWith(peer, "does not complete another program called poetry", async () => {
    await using desk = await Desk.open();
    const other = await desk.dir.write("poetry", "#!/bin/sh\nexit 1\n");
    chmodSync(other, 0o755);
    await using shell = await TypedShell.start(
      name,
      desk.dir.path,
      `${desk.dir.path}:${desk.bin}`,
      "poetry-proxy",
    );
    expect((await shell.press("poetry-proxy pres\t")).line).toBe("poetry-proxy presets ");
    expect((await shell.press("poetry pres\t")).line).toBe("poetry pres");
  });
});

describe("fish, with poetry completion", () => {
  testWith(fish, "completes commands, flags, values, files, and names of a running process", async () => {
    await using desk = await Desk.open();
    const lines: string[] = [];
    for (const [typed] of BECOMES) {
      const script = `set -p PATH ${desk.bin}; poetry completion fish | source; complete -C ${JSON.stringify(typed)}`;
      const { stdout, stderr } = await run(["fish", "--no-config", "-c", script], { cwd: desk.dir.path });
      expect(stderr).toBe("");
      lines.push(stdout.toString().split("\t")[0]?.trimEnd() ?? "");
    }
    // fish gives words, not lines, and escapes them only when it puts them in.
    expect(lines).toEqual(
      BECOMES.map(([typed, line]) => {
        const word =
          line
            .trimEnd()
            .split(/(?<!\\) /)
            .at(-1) ?? "";
        return typed === line ? "" : word.replace(/\\(.)/g, "$1");
      }),
    );
  });
});

describe("the file for a package", () => {
  testWith(loader, "is found by bash-completion when the command is first completed", async () => {
    await using desk = await Desk.open();
    mkdirSync(`${desk.dir.path}/completions`);
    writeFileSync(`${desk.dir.path}/completions/poetry-proxy`, completionScript("bash", ["poetry-proxy"]));
    const script = `. ${LOADER}; _completion_loader poetry-proxy; complete -p poetry-proxy; complete -p poetry`;
    const env = `BASH_COMPLETION_USER_DIR=${desk.dir.path}`;
    const { stdout } = await run([
      "env",
      env,
      `PATH=${desk.bin}:${process.env.PATH}`,
      "bash",
      "--norc",
      "-c",
      script,
    ]);
    expect(stdout.toString()).toBe("complete -F _poetry_complete poetry-proxy\n");
  });

  testWith(zsh, "is found by zsh in its fpath", async () => {
    await using desk = await Desk.open();
    mkdirSync(`${desk.dir.path}/functions`);
    writeFileSync(`${desk.dir.path}/functions/_poetry-proxy`, completionScript("zsh", ["poetry-proxy"]));
    await using shell = await TypedShell.start("zsh", desk.dir.path, desk.bin, "poetry-proxy", [
      "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D",
    ]);
    expect((await shell.press("poetry-proxy proxy 1 --preset zoo\t")).line).toBe(
      "poetry-proxy proxy 1 --preset zookeeper ",
    );
    expect((await shell.press("poetry pres\t")).line).toBe("poetry pres");
  });
});
