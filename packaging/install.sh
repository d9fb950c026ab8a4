#!/bin/sh
# Installs poetry @VERSION@, one executable:
#
#   sh install.sh [--dir DIR] [--from URL]
#
# DIR is the target folder (default: ~/.local/bin), URL the location of the archives. The script needs no root privileges and
# changes nothing but DIR/poetry. It installs the executable only if the archive has the checksum below and the executable runs.
set -eu

version=@VERSION@
from=@FROM@
dir=${HOME:+$HOME/.local/bin}

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

usage() {
  echo "install.sh: $*" >&2
  echo "usage: sh install.sh [--dir DIR] [--from URL]" >&2
  exit 2
}

sum_of() {
  case $1 in
@SUMS@
  *) fail "no executable of poetry $version for $1; build it from source" ;;
  esac
  echo "$sum"
}

platform() {
  case $(uname -sm) in
  "Linux x86_64" | "Linux amd64") name=linux-x64 loader=/lib64/ld-linux-x86-64.so.2 musl=/lib/ld-musl-x86_64.so.1 ;;
  "Linux aarch64" | "Linux arm64") name=linux-arm64 loader=/lib/ld-linux-aarch64.so.1 musl=/lib/ld-musl-aarch64.so.1 ;;
  "Darwin arm64") name=darwin-arm64 loader='' musl='' ;;
  *) name=$(uname -sm) loader='' musl='' ;;
  esac
  # Alpine may have a stand-in for glibc's loader, Debian a package with musl's.
  if [ -n "$musl" ] && [ -e "$musl" ] && { [ ! -e "$loader" ] || [ -e /etc/alpine-release ]; }; then
    name=$name-musl
  fi
  echo "$name"
}

download() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --output "$2" "$1" || fail "cannot download $1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1" || fail "cannot download $1"
  else
    fail "downloading needs curl or wget"
  fi
}

verify() {
  if command -v sha256sum >/dev/null 2>&1; then
    got=$(sha256sum <"$1")
  elif command -v shasum >/dev/null 2>&1; then
    got=$(shasum -a 256 <"$1")
  else
    fail "verifying needs sha256sum or shasum"
  fi
  got=${got%% *}
  [ "$got" = "$2" ] || fail "the archive has checksum $got, expected $2: nothing was installed"
}

# Everything is in functions, so a script that was only partly downloaded does nothing.
main() {
  while [ $# -gt 0 ]; do
    case $1 in
    --dir=*) dir=${1#*=} ;;
    --from=*) from=${1#*=} ;;
    --dir | --from)
      [ $# -gt 1 ] || usage "$1 needs a value"
      case $1 in
      --dir) dir=$2 ;;
      --from) from=$2 ;;
      esac
      shift
      ;;
    *) usage "unknown argument $1" ;;
    esac
    shift
  done
  [ -n "$dir" ] || usage "\$HOME is not set: use --dir to say where to install"

  name=$(platform)
  sum=$(sum_of "$name")
  work=$(mktemp -d)
  trap 'rm -rf "$work" "$dir/.poetry.$$"' EXIT
  trap 'exit 1' HUP INT TERM

  archive=poetry-$version-$name
  download "$from/$archive.tar.gz" "$work/archive.tar.gz"
  verify "$work/archive.tar.gz" "$sum"
  tar -xzf "$work/archive.tar.gz" -C "$work" "$archive/poetry"
  told=$("$work/$archive/poetry" --version) || fail "the executable does not run here: nothing was installed"
  [ "$told" = "$version" ] || fail "the executable says it is poetry $told: nothing was installed"

  mkdir -p "$dir"
  # Copy first, then rename: a running executable must be replaced by a new file, in one step.
  cp "$work/$archive/poetry" "$dir/.poetry.$$"
  mv -f "$dir/.poetry.$$" "$dir/poetry"
  echo "Installed poetry $version as $dir/poetry."
  case :$PATH: in
  *:"$dir":*) ;;
  *) echo "$dir is not in \$PATH." ;;
  esac
}

main "$@"
