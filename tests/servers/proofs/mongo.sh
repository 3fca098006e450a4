#!/usr/bin/env bash
# mongo.sh VARIABLE: the driver and the shell of MongoDB work with that server.
set -euo pipefail
uri=${!1}
NODE_PATH=$DBSTOW_TEST_MONGODB_DRIVER node "$(dirname "$0")/mongo.js" "$uri"
export HOME; HOME=$(mktemp -d); trap 'rm -rf "$HOME"' EXIT
count=$("$DBSTOW_TEST_MONGOSH" --quiet --norc "$uri" --eval 'db.getSiblingDB("proof").kept.find({_id: {$lt: 10}}).toArray().length')
[ "$count" = 10 ]
