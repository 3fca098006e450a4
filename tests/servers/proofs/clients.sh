#!/usr/bin/env bash
# Every client runs, alone, and says what it is.
set -euo pipefail
says() { # says WORD COMMAND…
  local word=$1
  shift
  "$@" 2>&1 | grep -i -- "$word" >/dev/null || { echo "$1 does not say '$word'" >&2; exit 1; }
}
export HOME; HOME=$(mktemp -d); trap 'rm -rf "$HOME"' EXIT
requires() { NODE_PATH=$1 node -e "const it = require('$2'); if (!it.$3) process.exit(1)"; }
says 'TDS version' "$DBSTOW_TEST_TSQL" -C
says unixODBC "$DBSTOW_TEST_ISQL" --version
odbcinst -q -d | grep -i freetds >/dev/null || ls /usr/lib/*/odbc/libtdsodbc.so >/dev/null
says net.sourceforge.jtds.jdbc.Driver javap -cp "$DBSTOW_TEST_JTDS" net.sourceforge.jtds.jdbc.Driver
requires "$DBSTOW_TEST_TEDIOUS" tedious Connection
requires "$DBSTOW_TEST_MONGODB_DRIVER" mongodb MongoClient
requires "$DBSTOW_TEST_SNOWFLAKE_SDK" snowflake-sdk createConnection
says 2.5.10 "$DBSTOW_TEST_MONGOSH" --version
for tool in mongodump mongorestore bsondump; do says "$tool version" "$DBSTOW_TEST_MONGO_TOOLS/$tool" --version; done
"$DBSTOW_TEST_HVAC" -c 'import hvac; hvac.Client'
"$DBSTOW_TEST_BOTO3" -c 'import boto3; boto3.client'
says rclone "$DBSTOW_TEST_RCLONE" version
says s3cmd "$DBSTOW_TEST_S3CMD" --version
