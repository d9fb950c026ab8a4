/** Shells that a test types into, with what makes Ctrl-G print the line as it stands. */
const SHELLS = {
  bash: {
    command: ["bash", "--norc", "--noprofile", "-i"],
    load: (program: string) => [`eval "$(${program} completion bash)"`],
    setUp: [
      "bind 'set enable-bracketed-paste off' 'set bell-style none'",
      `bind -x '"\\C-g": printf "\\nLINE[%s]\\n" "$READLINE_LINE"'`,
    ],
  },
  zsh: {
    command: ["zsh", "-f", "-i"],
    load: (program: string) => [
      "autoload -Uz compinit; compinit -u -D",
      `eval "$(${program} completion zsh)"`,
    ],
    setUp: [
      'told() { print -r -- ""; print -r -- "LINE[$BUFFER]" }; zle -N told; bindkey "^G" told',
      "unsetopt list_beep",
    ],
  },
} as const;

/** An interactive shell in a terminal, with the completion of `poetry`. */
export class TypedShell implements AsyncDisposable {
  readonly #child: Bun.Subprocess;
  #text = "";
  #changed: () => void = () => {};

  private constructor(command: readonly string[], cwd: string, path: string) {
    const decoder = new TextDecoder();
    this.#child = Bun.spawn([...command], {
      cwd,
      env: { PATH: path, TERM: "dumb", HOME: cwd, PS1: "> ", LC_ALL: "C.UTF-8" },
      terminal: {
        cols: 200,
        rows: 500, // Nothing asks whether to show more.
        data: (_terminal, bytes) => {
          this.#text += decoder.decode(bytes, { stream: true });
          this.#changed();
        },
      },
    });
  }

  /**
   * @param path a directory that is searched for programs before the system's
   * @param program the program that is asked for completions
   * @param load the command that loads its completion
   */
  static async start(
    shell: keyof typeof SHELLS,
    cwd: string,
    path: string,
    program = "poetry",
    load: readonly string[] = SHELLS[shell].load(program),
  ): Promise<TypedShell> {
    const { command, setUp } = SHELLS[shell];
    const typed = new TypedShell(command, cwd, `${path}:${process.env.PATH}`);
    for (const line of [...setUp, ...load, 'echo "REA""DY"']) typed.#write(`${line}\n`);
    await typed.#until(/READY/);
    return typed;
  }

  /** Presses keys; returns the resulting line, and what was shown meanwhile. */
  async press(keys: string): Promise<{ readonly line: string; readonly shown: string }> {
    this.#text = "";
    this.#write(`${keys}\x07`);
    const [, line = ""] = await this.#until(/LINE\[(.*?)\]\r?\n/s);
    const shown = this.#text;
    this.#write("\x15"); // Deletes the line.
    return { line, shown };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  #write(text: string): void {
    this.#child.terminal?.write(text);
  }

  async #until(meant: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = meant.exec(this.#text);
      if (found) return found;
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }
}
