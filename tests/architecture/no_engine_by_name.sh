#!/usr/bin/env bash
# Nobody but an engine's own folder knows an engine by name: no string literal or identifier of one
# in the other rooms. (`catalog/sqlite` is a driver that happens to use the library.)
set -euo pipefail
cd "$1"
names='sqlite|postgres|mongodb|sqlserver|snowflake'
found=$(grep -rniE "\"($names)(ql)?\"|(sqlite|postgres|mongodb|sqlserver|snowflake)instance|engines/($names)" \
          src include --include='*.h' --include='*.cc' | grep -vE '^src/(engines|catalog/sqlite)/|_test\.cc:|^[^:]+:[0-9]+: *(//|///)' || true)
if [ -n "$found" ]; then
  echo "an engine is known by name outside its folder:"
  echo "$found"
  exit 1
fi
