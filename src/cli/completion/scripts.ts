import type { SHELLS } from "../../settings/commands.ts";

/** How every script calls the program that is being typed; the words so far follow, the last one unfinished. */
const ASK = "complete --";

/**
 * The two names of the program. If both exist and are not the same program, `poetry` is another one, such as Python's,
 * and keeps its own completion.
 */
export const NAMES = ["poetry", "poetry-proxy"] as const;

/**
 * The completion script for one shell and these names. It knows nothing by itself: it asks the program for candidates.
 */
export function completionScript(shell: (typeof SHELLS)[number], names: readonly string[] = NAMES): string {
  return SCRIPTS[shell](names);
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The hard part: bash splits words at `=` and `:`, and replaces only the last piece. */
function bashScript(names: readonly string[]): string {
  return `# Completion of ${names.join(" and ")} for bash.

# Makes plain what was typed with backslashes.
_poetry_plain() {
  local rest=$1
  plain=
  while [[ $rest == *\\\\* ]]; do
    plain+=\${rest%%\\\\*}
    rest=\${rest#*\\\\}
    plain+=\${rest:0:1}
    rest=\${rest:1}
  done
  plain+=$rest
}

_poetry_complete() {
  local words=() i reply head plain piece=\${COMP_WORDS[COMP_CWORD]}
  # Bash splits words at = and :, so join them again.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    if ((i > 1)) && [[ \${COMP_WORDS[i]} == [=:]* || \${COMP_WORDS[i - 1]} == *[=:] ]]; then
      words[\${#words[@]} - 1]+=\${COMP_WORDS[i]}
    else
      words+=("\${COMP_WORDS[i]}")
    fi
  done
  [[ $piece == [=:]* ]] && piece=
  head=\${words[\${#words[@]} - 1]}
  head=\${head%"$piece"}
  _poetry_plain "$head" && head=$plain
  _poetry_plain "\${words[\${#words[@]} - 1]}" && words[\${#words[@]} - 1]=$plain
  COMPREPLY=()
  while IFS= read -r reply; do
    if [[ $reply == :files* ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r reply; do COMPREPLY+=("$reply"); done < <(compgen -f -- "$piece")
      continue
    fi
    reply=\${reply%%$'\\t'*}
    reply=\${reply#"$head"}
    [[ $reply == *[!A-Za-z0-9_./:=,@%+-]* ]] && printf -v reply %q "$reply"
    COMPREPLY+=("$reply")
  done < <("$1" ${ASK} "\${words[@]}" 2>/dev/null)
}

${names.map((name) => unlessForeign(name, `complete -F _poetry_complete ${name}`)).join("\n")}
`;
}

function zshScript(names: readonly string[]): string {
  return `#compdef ${names.join(" ")}
# Completion of ${names.join(" and ")} for zsh.

_poetry_proxy() {
  local -a replies described
  local reply word help
  replies=("\${(@f)$("$words[1]" ${ASK} "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for reply in $replies; do
    word=\${reply%%$'\\t'*}
    help=\${reply#"$word"}
    if [[ $word == :files ]]; then
      compset -P "\${(b)help#$'\\t'}"
      _files
      return
    fi
    word=\${word//\\\\/\\\\\\\\}
    described+=("\${word//:/\\\\:}\${help:+:\${help#$'\\t'}}")
  done
  _describe -V word described
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _poetry_proxy "$@"
else
${names.map((name) => `  ${unlessForeign(name, `compdef _poetry_proxy ${name}`)}`).join("\n")}
fi
`;
}

function fishScript(names: readonly string[]): string {
  const lines = names.map((name) => `complete -c ${name} -f -a '(__poetry_proxy_complete)'`);
  return `# Completion of ${names.join(" and ")} for fish.

function __poetry_proxy_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  set -l plain (string unescape -- "$current")
  and set current $plain
  set -l replies ($before[1] ${ASK} $before[2..-1] "$current" 2>/dev/null)
  if string match -q ':files*' -- $replies[1]
    set -l head (string split \\t -- $replies[1])[2]
    for path in (__fish_complete_path (string sub -s (math 1 + (string length -- "$head")) -- "$current"))
      echo "$head$path"
    end
    return
  end
  printf '%s\\n' $replies
end

${lines.join("\n")}
`;
}

/** For bash and zsh: runs `command`, unless `poetry` is another program than `poetry-proxy`. */
function unlessForeign(name: string, command: string): string {
  const [short, long] = NAMES;
  if (name !== short) return command;
  return `[[ -x $(command -v ${long}) && ! $(command -v ${short}) -ef $(command -v ${long}) ]] || ${command}`;
}
