#!/usr/bin/env bash
# postgres.sh VERSION: psql keeps and finds rows there, and the server is of that version.
set -euo pipefail
name=DBSTOW_TEST_POSTGRES_$1
ask() { psql -XAtq -v ON_ERROR_STOP=1 "${!name}" -c "$1"; }
[ "$(ask 'show server_version_num' | cut -c1-2)" = "$1" ]
ask "create table kept(n int primary key, word text); insert into kept select n, 'w' || n from generate_series(1, 1000) n"
[ "$(ask 'select count(*), sum(n), min(word) from kept')" = "1000|500500|w1" ]
