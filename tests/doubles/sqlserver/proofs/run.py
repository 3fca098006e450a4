#!/usr/bin/env python3
"""run.py DOUBLE PROOF: starts the double and lets a client that we did not write work on it.

Exits 77, with the reason, when the client is not installed. The variables DBSTOW_TEST_TEDIOUS (a
folder for NODE_PATH), DBSTOW_TEST_JTDS (a jar), DBSTOW_TEST_TSQL and DBSTOW_TEST_ISQL say where the
clients are; commands are also looked for in PATH, and both where tests/servers/install puts them.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "Double-1-sa"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


class Double:
    def __init__(self, executable, folder, *settings):
        self.ready = pathlib.Path(folder) / "ready.json"
        self.ready.unlink(missing_ok=True)
        argv = [executable, "--data", f"{folder}/data", "--ready-file", self.ready]
        for setting in settings:
            argv += ["--set", setting]
        self.process = subprocess.Popen(argv)
        for _ in range(600):
            if self.ready.exists():
                break
            if self.process.poll() is not None:
                sys.exit("the double did not start")
            time.sleep(0.05)
        self.info = json.loads(self.ready.read_text())
        self.port = self.info["port"]

    def environment(self):
        return dict(os.environ, DOUBLE=f"127.0.0.1:{self.port}", PASSWORD=PASSWORD,
                    CONTROL=f"127.0.0.1:{self.info['control_port']}",
                    CERTIFICATE=self.info["certificate"])

    def end(self):
        self.process.terminate()
        self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait(30)


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def program(variable, name):
    found = os.environ.get(variable) or shutil.which(name)
    return found or skip(f"{name} is not installed")


def cached(pattern):
    """What tests/servers/install brought, newest first; an empty text when there is nothing."""
    root = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    found = sorted(root.glob("dbstow-tests/" + pattern), key=lambda p: p.stat().st_mtime)
    return str(found[-1]) if found else ""


def tedious(double, _folder):
    modules = os.environ.get("DBSTOW_TEST_TEDIOUS") or cached("npm-tedious-*/node_modules")
    node = shutil.which("node") or skip("node is not installed")
    if not (pathlib.Path(modules) / "tedious").is_dir():
        skip("tedious is not installed (DBSTOW_TEST_TEDIOUS)")
    environment = dict(double.environment(), NODE_PATH=modules)
    check(subprocess.run([node, HERE / "tedious.js"], env=environment, check=False).returncode == 0,
          "tedious works on the double")


def jtds(double, folder):
    jar = os.environ.get("DBSTOW_TEST_JTDS", "/usr/share/java/jtds.jar")
    if not pathlib.Path(jar).exists():
        skip("jTDS is not installed")
    javac = shutil.which("javac") or skip("javac is not installed")
    subprocess.run([javac, "-d", folder, HERE / "Jtds.java"], check=True)
    done = subprocess.run(["java", "-cp", f"{jar}:{folder}", "Jtds"], env=double.environment(),
                          check=False)
    check(done.returncode == 0, "jTDS works on the double")


def run_tsql(double, folder, text, password=PASSWORD, encryption="request", version="7.4"):
    config = pathlib.Path(folder) / "freetds.conf"
    config.write_text(f"[double]\nhost = 127.0.0.1\nport = {double.port}\n"
                      f"tds version = {version}\nencryption = {encryption}\n"
                      "client charset = UTF-8\n")
    environment = dict(os.environ, FREETDSCONF=str(config), FREETDS=str(config))
    done = subprocess.run([program("DBSTOW_TEST_TSQL", "tsql"), "-S", "double", "-U", "sa", "-P",
                           password], input=text, env=environment, capture_output=True, text=True,
                          timeout=120, check=False)
    return done.stdout + done.stderr


def tsql(double, folder):
    program("DBSTOW_TEST_TSQL", "tsql")
    steps = json.loads((HERE / "chain.json").read_text())
    for encryption, version in (("require", "7.4"), ("off", "7.4"), ("off", "7.1")):
        out = run_tsql(double, folder, "", "wrong", encryption, version)
        check("18456" in out, f"a wrong password is 18456: {out}")
        for step in steps:
            out = run_tsql(double, folder, step["sql"] + "\ngo\nexit\n", PASSWORD, encryption, version)
            numbers = [int(n) for n, severity in re.findall(r"Msg (\d+) \(severity (\d+)", out)
                       if int(severity) > 10]
            check(numbers == step.get("errors", []), f"{step['sql']}: {out}")
            if "value" in step:
                check(f"\n{step['value']}\n" in out, f"{step['sql']}: {out}")


def isql(double, folder):
    command = program("DBSTOW_TEST_ISQL", "isql")
    drivers = list(pathlib.Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
    if not drivers:
        skip("tdsodbc is not installed")
    steps = json.loads((HERE / "chain.json").read_text())
    text = (f"Driver={drivers[0]};Server=127.0.0.1;Port={double.port};UID=sa;PWD={{}};"
            "TDS_Version=7.4;ClientCharset=UTF-8;Encryption=require")
    out = subprocess.run([command, "-v", "-k", text.format("wrong")], input="", text=True,
                         capture_output=True, check=False)
    check("18456" in out.stdout + out.stderr or "Login failed" in out.stdout + out.stderr,
          f"a wrong password: {out}")
    for step in steps:
        done = subprocess.run([command, "-v", "-b", "-k", text.format(PASSWORD)],
                              input=step["sql"] + "\n", text=True, capture_output=True, check=False,
                              timeout=120)
        out = done.stdout + done.stderr
        failed = "[ISQL]ERROR" in out
        check(failed == bool(step.get("errors")), f"{step['sql']}: {out}")
        if "value" in step:
            check(re.search(rf"\b{step['value']}\b", out), f"{step['sql']}: {out}")


def hostile(double, folder):
    """Half-open connections, oversized packets, 200 at once, and being killed."""
    address = ("127.0.0.1", double.port)
    half_open = []
    for start in (b"", b"\x12", b"\x12\x01\x00\x2f\x00\x00\x01\x00" + b"\x00" * 10):
        peer = socket.create_connection(address)
        peer.sendall(start)
        half_open.append(peer)
    for junk in (b"\x01\x00\xff\xff" + b"\x00" * 70000, b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100000,
                 b"\x10\x01\x00\x08\x00\x00\x01\x00", b"\x12\x01\x00\x0d\x00\x00\x01\x00\x01\x00\x99\x00\x99"):
        with socket.create_connection(address) as peer:
            try:
                peer.sendall(junk)
                peer.settimeout(30)
                while peer.recv(65536):
                    pass
            except (ConnectionError, socket.timeout):
                pass
    many = [socket.create_connection(address) for _ in range(200)]
    program("DBSTOW_TEST_TSQL", "tsql")
    check("42" in run_tsql(double, folder, "SELECT 41 + 1\ngo\nexit\n"), "it serves beside them")
    run_tsql(double, folder, "CREATE DATABASE kept\ngo\nCREATE TABLE kept.dbo.t (a int)\ngo\n"
                             "INSERT INTO kept.dbo.t VALUES (77)\ngo\nexit\n")
    double.kill()
    again = Double(double.process.args[0], folder)
    try:
        check("\n77\n" in run_tsql(again, folder, "SELECT a FROM kept.dbo.t\ngo\nexit\n"),
              "what was acknowledged is there after a kill")
    finally:
        again.end()
    for peer in half_open + many:
        peer.close()


def main(executable, proof):
    with tempfile.TemporaryDirectory() as folder:
        double = Double(executable, folder)
        try:
            PROOFS[proof](double, folder)
        finally:
            if double.process.poll() is None:
                double.end()


PROOFS = {"tedious": tedious, "jtds": jtds, "tsql": tsql, "isql": isql, "hostile": hostile}

main(*sys.argv[1:])
