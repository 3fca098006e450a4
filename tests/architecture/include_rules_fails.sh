#!/usr/bin/env bash
# The checker must be able to fail: a copy of the tree with one forbidden include is refused by name.
set -euo pipefail
root=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/docs" "$copy/include"
cp "$root/docs/architecture.md" "$copy/docs/"
cp -r "$root/include/dbstow" "$copy/include/"
cp -r "$root/src" "$copy/src"
python3 "$root/tests/architecture/include_rules.py" "$copy"
echo '#include "storage/object_store.h"' > "$copy/src/core/forbidden.cc"
mkdir -p "$copy/src/engines/sqlite"
echo '#include "engines/postgres/register.h"' > "$copy/src/engines/sqlite/forbidden.cc"
echo '#include <sqlite3.h>' > "$copy/src/core/driver.cc"
if output=$(python3 "$root/tests/architecture/include_rules.py" "$copy"); then
  echo "the checker accepted a forbidden include" >&2
  exit 1
fi
grep -q "src/core/forbidden.cc:1: room 'core' must not include" <<<"$output"
grep -q "src/engines/sqlite/forbidden.cc:1: room 'engines/sqlite' must not include" <<<"$output"
grep -q "src/core/driver.cc:1: room 'core' must not include <sqlite3.h>" <<<"$output"
