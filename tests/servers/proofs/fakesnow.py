"""Snowflake's own Python connector, which fakesnow brings, logs in there and keeps rows.

The Node driver cannot: it fetches results from /queries/ID/result, which fakesnow 0.11 does not have.
"""
import os
import sys
import urllib.parse

sys.path.insert(0, os.environ["DBSTOW_TEST_FAKESNOW_PYTHONPATH"])
import snowflake.connector  # noqa: E402

address = urllib.parse.urlparse(os.environ["DBSTOW_TEST_FAKESNOW"])
connection = snowflake.connector.connect(
    account="fakesnow", user="dbstow", password="any", protocol="http", host=address.hostname,
    port=address.port, database="PROOF", schema="PUBLIC", session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False})
cursor = connection.cursor()
cursor.execute("create table kept (n int)")
cursor.execute("insert into kept values (1), (2), (39)")
cursor.execute("create table copied clone kept")
cursor.execute("delete from kept where n = 39")
assert cursor.execute("select sum(n) from kept").fetchone()[0] == 3
assert cursor.execute("select sum(n) from copied").fetchone()[0] == 42
connection.close()
