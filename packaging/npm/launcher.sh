#!/bin/sh
# Starts the executable for this machine, which is in a separate package beside this one.
set -eu

self=$0
while [ -L "$self" ]; do # npm links to this file. A link may lead to another link; targets are relative to the link.
  if target=$(readlink "$self" 2>/dev/null); then :; else
    target=$(ls -ld "$self")
    target=${target#*" -> "}
  fi
  case $target in
  /*) self=$target ;;
  *) self=${self%/*}/$target ;;
  esac
done
case $self in
*/*) here=${self%/*} ;;
*) here=. ;;
esac

case $(uname -sm) in
"Linux x86_64" | "Linux amd64") platform=linux-x64 loader=/lib64/ld-linux-x86-64.so.2 musl=/lib/ld-musl-x86_64.so.1 ;;
"Linux aarch64" | "Linux arm64") platform=linux-arm64 loader=/lib/ld-linux-aarch64.so.1 musl=/lib/ld-musl-aarch64.so.1 ;;
"Darwin arm64") platform=darwin-arm64 loader='' musl='' ;;
*)
  echo "poetry-proxy: no executable for $(uname -sm); build it from source" >&2
  exit 1
  ;;
esac
# Alpine may have a stand-in for glibc's loader, and Debian a package with musl's; neither is the native one there.
if [ -n "$musl" ] && [ -e "$musl" ] && { [ ! -e "$loader" ] || [ -e /etc/alpine-release ]; }; then
  platform=$platform-musl
fi

package=poetry-proxy-$platform
# Beside this package (npm, pnpm), or inside it if another version is installed beside it.
for modules in "$here/../.." "$here/../node_modules"; do
  if [ -x "$modules/$package/bin/poetry" ]; then
    exec "$modules/$package/bin/poetry" "$@"
  fi
done
{
  echo "poetry-proxy: the package with the executable for this machine is missing: $package@@VERSION@"
  echo "Optional dependencies seem to have been omitted. Install it with: npm install $package@@VERSION@"
} >&2
exit 1
