#!/usr/bin/env python3
"""clients.py PROOF: a client that we did not write works on the double. tests/servers/serve starts the
double and says in variables where both are."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from freetds import PASSWORD, Tsql, check  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
DOUBLE = os.environ["DBSTOW_TEST_DOUBLE_SQLSERVER"]
CHAIN = json.loads((HERE / "chain.json").read_text())


def environment(**more):
    return dict(os.environ, DOUBLE=DOUBLE, PASSWORD=PASSWORD,
                CONTROL=os.environ["DBSTOW_TEST_DOUBLE_SQLSERVER_CONTROL"],
                CERTIFICATE=os.environ["DBSTOW_TEST_DOUBLE_SQLSERVER_CERTIFICATE"], **more)


def tedious():
    subprocess.run(["node", HERE / "tedious.js"], check=True,
                   env=environment(NODE_PATH=os.environ["DBSTOW_TEST_TEDIOUS"]))


def jtds():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["javac", "-d", folder, HERE / "Jtds.java"], check=True)
        subprocess.run(["java", "-cp", f"{os.environ['DBSTOW_TEST_JTDS']}:{folder}", "Jtds"],
                       env=environment(), check=True)


def tsql():
    for encryption, version in (("require", "7.4"), ("off", "7.4"), ("off", "7.1")):
        how = {"encryption": encryption, "version": version}
        out = Tsql(DOUBLE, password="wrong", **how).run("")
        check("18456" in out, f"a wrong password is 18456: {out}")
        client = Tsql(DOUBLE, **how)
        for step in CHAIN:
            out = client.step(step["sql"], *step.get("errors", []))
            check("value" not in step or f"\n{step['value']}\n" in out, f"{step['sql']}: {out}")


def isql():
    driver = next(pathlib.Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
    host, port = DOUBLE.split(":")

    def run(sql, password=PASSWORD):
        text = (f"Driver={driver};Server={host};Port={port};UID=sa;PWD={password};TDS_Version=7.4;"
                "ClientCharset=UTF-8;Encryption=require")
        done = subprocess.run([os.environ["DBSTOW_TEST_ISQL"], "-v", "-b", "-k", text],
                              input=sql + "\n", text=True, capture_output=True, check=False,
                              timeout=120)
        return done.stdout + done.stderr

    out = run("", "wrong")
    check("18456" in out or "Login failed" in out, f"a wrong password: {out}")
    for step in CHAIN:
        out = run(step["sql"])
        check(("[ISQL]ERROR" in out) == bool(step.get("errors")), f"{step['sql']}: {out}")
        if "value" in step:
            check(re.search(rf"\b{step['value']}\b", out), f"{step['sql']}: {out}")


{"tedious": tedious, "jtds": jtds, "tsql": tsql, "isql": isql}[sys.argv[1]]()
