#!/usr/bin/env bash
# with_clients.sh VERSION COMMAND…: pg_dump and its like of that version, where serve names them, come
# first in PATH.
set -euo pipefail
programs=DBSTOW_TEST_POSTGRES_CLIENT_$1
shift
if [ -n "${!programs:-}" ]; then export PATH=${!programs}:$PATH; fi
exec "$@"
