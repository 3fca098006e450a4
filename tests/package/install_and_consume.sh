#!/usr/bin/env bash
# Installs this build into an empty prefix, builds the tiny project beside this file against it with
# find_package(dbstow), and lets it back up and restore a real file. Usage: install_and_consume.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$here/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/configure.log"
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
LD_LIBRARY_PATH=$(dirname "$(find "$work/prefix" -name libdbstow.so)")
export LD_LIBRARY_PATH DBSTOW_PASSPHRASE="of the consumer" XDG_STATE_HOME="$work/state" DBSTOW_STATE_DIR="$work/state"
sqlite3 "$work/app.db" "CREATE TABLE t(a); INSERT INTO t VALUES (1),(2),(3);"
"$work/build/consumer" "sqlite://$work/app.db" "file://$work/repository" "$work/restored.db"
[ "$(sqlite3 "$work/restored.db" 'SELECT sum(a) FROM t')" = 6 ]
"$work/prefix/bin/dbstow" --version >/dev/null
