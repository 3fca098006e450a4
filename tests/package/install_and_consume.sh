#!/usr/bin/env bash
# Installs this build into an empty prefix, builds the tiny project beside this file against it with
# find_package(dbstow), and runs it on a real file. Usage: install_and_consume.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$here/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
cmake --build "$work/build"
cd "$work"
LD_LIBRARY_PATH="$(dirname "$(find "$work/prefix" -name 'libdbstow.so')")" "$work/build/consumer" "$work"
