#!/usr/bin/env python3
"""clients.py PROOF: a client that we did not write works on the double. tests/servers/serve starts the
double and says in variables where both are."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import steps  # noqa: E402
from freetds import PASSWORD, Isql, Tsql, check  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
DOUBLE = os.environ["DBSTOW_TEST_DOUBLE_SQLSERVER"]


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
                       input=steps.as_lines(), text=True, env=environment(), check=True)


def tsql():
    for encryption, version in (("require", "7.4"), ("off", "7.4"), ("off", "7.1")):
        how = {"encryption": encryption, "version": version}
        check(Tsql(DOUBLE, password="wrong", **how).errors("") == [(18456, 14)], "a wrong password")
        client = Tsql(DOUBLE, **how)
        steps.walk(lambda sql, client=client: client.answer(sql))


def isql():
    for encryption in ("require", "off"):
        wrong = Isql(DOUBLE, encryption, password="wrong").answer("")
        check(wrong[0] == [(18456, None)], f"a wrong password: {wrong}")
        client = Isql(DOUBLE, encryption)
        steps.walk(client.answer)


{"tedious": tedious, "jtds": jtds, "tsql": tsql, "isql": isql}[sys.argv[1]]()
