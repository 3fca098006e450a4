#!/usr/bin/env python3
"""Every statement kind of the double, read by sqlglot's Snowflake dialect.

A statement that sqlglot reads into a tree of its own is agreed; one that it keeps as opaque text is not
known to it and counted; one that it refuses is a failure, but for those listed here with the reason.
Usage: sqlglot_check.py (with sqlglot importable; its absence is exit status 77)
"""
import logging
import pathlib
import sys

try:
    import sqlglot
    from sqlglot import exp
except ImportError:
    print("sqlglot is not installed")
    sys.exit(77)

# What the vendor documents and sqlglot does not read; each was looked up in the vendor's reference.
REFUSED = {
    "list @s pattern = '.*'": "LIST is not a statement for sqlglot",
}
# Statements of another language, which the double must refuse and sqlglot must too.
WRONG = ["selec 1", "select (1", "insert into", "drop table"]


def reading(sql):
    """'known', 'opaque' or what went wrong."""
    try:
        trees = sqlglot.parse(sql, read="snowflake")
    except sqlglot.errors.SqlglotError as problem:
        return str(problem).splitlines()[0]
    if any(tree is None or isinstance(tree, (exp.Command, exp.Alias)) for tree in trees):
        return "opaque"
    return "known"


def main():
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    lines = (pathlib.Path(__file__).with_name("statements.txt")).read_text().splitlines()
    statements = [line for line in lines if line.strip()]
    readings = {sql: reading(sql) for sql in statements}
    known = [sql for sql, what in readings.items() if what == "known"]
    opaque = [sql for sql, what in readings.items() if what == "opaque"]
    failed = {sql: what for sql, what in readings.items()
              if what not in ("known", "opaque") and sql not in REFUSED}
    failed.update({sql: "is read, and should not be" for sql in WRONG if reading(sql) == "known"})
    for sql, what in failed.items():
        print(f"FAILED {sql}\n       {what}")
    print(f"sqlglot {sqlglot.__version__}: {len(known)} statements known, {len(opaque)} opaque to it, "
          f"{len(failed)} refused")
    return 1 if failed or len(known) < len(statements) / 2 else 0


if __name__ == "__main__":
    sys.exit(main())
