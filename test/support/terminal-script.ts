import { shownIn, type Block } from "../../scripts/documents.ts";

/**
 * Shell functions for the blocks of a document. A service is started in the background, as if it had a terminal of its
 * own, and awaited; so is a command that ends in "&", until it listens.
 */
const PRELUDE = `
set -eo pipefail
mkdir -p /run/terminal
services=0

listeners() { ss -Hltnx | wc -l; }

# Waits until somebody listens who did not before.
listened() {
  local i
  for ((i = 0; i < 500; i++)); do
    (($(listeners) > $1)) && return 0
    sleep 0.02
  done
  echo "After 10 s nobody listens"
  return 1
}

started() { grep -cE ' on [^ ]+\\.("|$)' "$1" || true; }

run_poetry() {
  local each log pid expected=1
  case $2 in
    serve | proxy | transform-serve | transform-proxy) ;;
    up) expected=$(command poetry check "\${@:3}" | sed -nE 's/.*: ([0-9]+) services?,.*/\\1/p') ;;
    *) command "$@"; return ;;
  esac
  for each in "\${@:3}"; do
    case $each in --print-config | --list | --help | -h) command "$@"; return ;; esac
  done
  log=/run/terminal/service.$((++services))
  : >"$log"
  if [[ /proc/$BASHPID/fd/2 -ef $OUT ]]; then
    command "$@" </dev/null >"$log" 2>&1 &
  else
    log=$(readlink /proc/$BASHPID/fd/2)
    command "$@" </dev/null &
  fi
  pid=$!
  while (($(started "$log") < expected)); do
    if ! kill -0 $pid 2>/dev/null; then
      cat "$log"
      wait $pid
      return
    fi
    sleep 0.02
  done
}

poetry() { run_poetry poetry "$@"; }
poetry-proxy() { run_poetry poetry-proxy "$@"; }

# An init script returns before its daemon listens.
service() {
  local before=$(listeners)
  command service "$@"
  [[ $2 == stop ]] || listened $before
}
`;

/** A step of a script: a whole block of sh, or one command of a console block. */
export interface Step {
  readonly command: string;
  /** The expected output; absent: any, but it must not fail. */
  readonly shown?: readonly string[];
}

/** The steps of consecutive blocks on one machine. */
export function stepsOf(blocks: readonly Block[]): Step[] {
  return blocks.flatMap(({ language, text, first }) => [
    ...(first === undefined ? [] : [{ command: first }]),
    ...(language === "console"
      ? shownIn(text).map(({ command, output }) => ({ command, shown: output }))
      : [{ command: text }]),
  ]);
}

/** A script that runs the steps, and prints a line with its number before the output of each. */
export function scriptOf(steps: readonly Step[]): string {
  const parts = steps.map(({ command, shown }, index) => {
    const out = `/run/terminal/out.${index}`;
    const body = `{\n${waiting(command)}\n}`;
    const run = shown ? `set +e\n${body} >$OUT 2>&1\nset -e` : `${body} >$OUT 2>&1`;
    return `OUT=${out}\n: >$OUT\n${run}\n`;
  });
  const report = `report() { local i; for ((i = 0; i < ${steps.length}; i++)); do [[ -e /run/terminal/out.$i ]] || break; echo "${MARK} $i"; cat /run/terminal/out.$i; done >&3; }\nexec 3>&1\ntrap report EXIT\n`;
  return PRELUDE + report + parts.join("");
}

const MARK = "=====";

/** The output of each step, as far as the script got. */
export function outputsOf(output: string): string[] {
  return output.split(new RegExp(`^${MARK} \\d+\\n`, "m")).slice(1);
}

/** The same commands, where "&" waits until the program listens. */
function waiting(command: string): string {
  return command
    .split("\n")
    .map((line) => {
      if (!/[^&]&$/.test(line)) return line;
      const alone = line.slice(0, -1).trimEnd();
      return /^(poetry|poetry-proxy) /.test(alone)
        ? alone
        : `before=$(listeners)\n${alone} &\nlistened $before`;
    })
    .join("\n");
}
