"""sqlglot reads Snowflake's own statements and refuses what is none."""
import os
import sys

sys.path.insert(0, os.environ["DBSTOW_TEST_SQLGLOT"])
import sqlglot  # noqa: E402

for statement in ("create table copied clone kept at (offset => -60)", "undrop table kept",
                  "alter table kept swap with copied"):
    tree = sqlglot.parse_one(statement, read="snowflake")
    print(type(tree).__name__, "|", tree.sql("snowflake"))
try:
    sqlglot.parse_one("select from where", read="snowflake")
except sqlglot.errors.ParseError:
    pass
else:
    raise AssertionError("taken for a statement")
