#!/usr/bin/env python3
"""Writes a first corpus for decode_fuzz: one whole example of what each decoder reads.

Usage: make_seeds.py FOLDER
"""
import gzip
import pathlib
import sys

SQL = [
    "select a, count(*) from d.s.t at(timestamp => '2026-01-01'::timestamp_tz) where a in (1, 2) group by a order by 1 limit 3",
    "create or replace transient table t (a number(10,2) not null default 1, b varchar(5)) data_retention_time_in_days = 1",
    "create database d clone e before(statement => 'x') ignore tables with insufficient data retention",
    "copy into @~/p/ from (select object_construct(*) from t) file_format = (type = json) detailed_output = true",
    "put 'file:///tmp/a b' @\"S\".%t/x auto_compress = false; show grants on table t; grant select on t to role r",
    "insert into t values ($$x$$, -1.5e3, 'a\\'b'), (default, ?, :1)",
]
SEEDS = [(0, text.encode()) for text in SQL] + [
    (1, b"POST /queries/v1/query-request?requestId=a%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"),
    (1, b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
    (2, gzip.compress(b"some text" * 20, mtime=0)),
    (3, b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJBLkIuU0hBMjU2OngiLCJzdWIiOiJBLkIiLCJpYXQiOjEsImV4cCI6Mn0.AAAA"),
    (4, b'a,"b ""c""",\\N\n1,2,3\n'),
    (4, b'[{"a": 1}, {"a": null}]'),
    (5, b'{"WrappedContentKey": {"EncryptedKey": "AAAAAAAAAAAAAAAAAAAAAA=="}, "ContentEncryptionIV": "AAAAAAAAAAAAAAAAAAAAAA=="}'),
    (6, b'db."s".%table/path/file.csv'),
    (7, b"2026-01-02T03:04:05.678+02:00"),
    (7, b"-1234567.891e2"),
    (8, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
    (9, b'{"data": {"ACCOUNT_NAME": "A", "LOGIN_NAME": "ADMIN", "PASSWORD": "admin-password", "SESSION_PARAMETERS": {"QUERY_TAG": "x"}}}'),
    (9, b'{"data": {"AUTHENTICATOR": "SNOWFLAKE_JWT", "LOGIN_NAME": "K", "TOKEN": "eyJ.eyJ.AA"}}'),
    (10, b'{"sqlText": "select ? as a", "bindings": {"1": {"type": "FIXED", "value": "1"}}, "parameters": {"QUERY_TAG": "t"}}'),
    (10, b'{"sqlText": "create database d; create table t (a int)", "parameters": {"MULTI_STATEMENT_COUNT": 2}, "asyncExec": false}'),
    (11, b'{"requestId": "1"}'),
    (12, b'{"statement": "select 1", "timeout": 5, "database": "D", "schema": "S", "warehouse": "COMPUTE_WH", "role": "PUBLIC", "bindings": {"1": {"type": "TEXT", "value": "x"}}, "parameters": {"MULTI_STATEMENT_COUNT": "0"}}'),
    (13, b"<EnumerationResults><Blobs><Blob><Name>a&amp;b</Name><Properties><Etag>0x8D</Etag><Content-Length>5</Content-Length></Properties></Blob></Blobs><NextMarker>m</NextMarker></EnumerationResults>"),
    (8, b'{"1": {"type": "FIXED", "value": "1"}, "2": {"type": "TIMESTAMP_NTZ", "value": "0"}}'),
]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (decoder, body) in enumerate(SEEDS):
        (folder / f"seed{number:02}").write_bytes(bytes([decoder]) + body)


if __name__ == "__main__":
    main()
