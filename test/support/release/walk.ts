/** Shell: `start PROGRAM …` runs it in the background, and continues when it listens; $started is its process id. */
export const START = `
start() {
  rm -f /run/log; mkfifo /run/log
  "$@" 2>/run/log &
  started=$!
  exec 3</run/log
  while read -r line <&3; do
    echo "$line" >&2
    case $line in *" on 127.0.0.1:"*) break ;; esac
  done
  cat <&3 >&2 &
}`;
