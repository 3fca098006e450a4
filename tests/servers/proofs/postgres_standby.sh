#!/usr/bin/env bash
# What the primary is told, the standby knows; the standby itself takes nothing.
set -euo pipefail
primary=$DBSTOW_TEST_POSTGRES_15 standby=$DBSTOW_TEST_POSTGRES_15_STANDBY
[ "$(psql -XAtqc 'select pg_is_in_recovery()' "$standby")" = t ]
position=$(psql -XAtq -v ON_ERROR_STOP=1 "$primary" -c "create table kept as select 42 as n" -c "select pg_current_wal_lsn()")
until [ "$(psql -XAtqc "select pg_last_wal_replay_lsn() >= '$position'" "$standby")" = t ]; do sleep 0.1; done
[ "$(psql -XAtqc 'select n from kept' "$standby")" = 42 ]
! psql -XAtqc 'create table refused(n int)' "$standby" 2>/dev/null
