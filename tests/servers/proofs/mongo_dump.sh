#!/usr/bin/env bash
# mongo_dump.sh VARIABLE: what mongodump takes from that server mongorestore brings back.
set -euo pipefail
uri=${!1} tools=$DBSTOW_TEST_MONGO_TOOLS
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
NODE_PATH=$DBSTOW_TEST_MONGODB_DRIVER node "$(dirname "$0")/mongo.js" "$uri"
"$tools/mongodump" --quiet --uri "$uri" --db proof --out "$folder/first"
# FerretDB 1.24 does not know an option ("ns") that mongorestore gives to indexes.
"$tools/mongorestore" --quiet --noIndexRestore --uri "$uri" --drop "$folder/first"
"$tools/mongodump" --quiet --uri "$uri" --db proof --out "$folder/second"
cmp "$folder/first/proof/kept.bson" "$folder/second/proof/kept.bson"
[ "$("$tools/bsondump" --quiet "$folder/second/proof/kept.bson" | wc -l)" = 100 ]
