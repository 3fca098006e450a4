"""FreeTDS's tsql, and unixODBC's isql over FreeTDS, which tests/servers/serve names in DBSTOW_TEST_TSQL and
DBSTOW_TEST_ISQL."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

PASSWORD = "Double-1-sa"


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def control(address, **request):
    """What the double's control port answers."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as peer:
        peer.sendall(json.dumps(request).encode() + b"\n")
        with peer.makefile() as lines:
            answer = json.loads(lines.readline())
    check("error" not in answer, f"{request}: {answer}")
    return answer


def errors_in(out):
    """The numbers and severities in what tsql said; messages have 10 or less."""
    found = re.findall(r"Msg (\d+) \(severity (\d+)", out)
    return [(int(number), int(severity)) for number, severity in found if int(severity) > 10]


def start(executable, folder, ends, *settings):
    """A double of one's own, which ends with the ExitStack: the process, its address, its control port's."""
    ready = pathlib.Path(folder) / "ready.json"
    ready.unlink(missing_ok=True)
    given = [word for setting in settings for word in ("--set", setting)]
    process = subprocess.Popen([executable, "--data", f"{folder}/data", "--ready-file", ready, *given])
    ends.callback(process.wait)
    ends.callback(process.kill)
    while not ready.exists():
        check(process.poll() is None, "the double starts")
        time.sleep(0.05)
    where = json.loads(ready.read_text())
    return process, f"127.0.0.1:{where['port']}", f"127.0.0.1:{where['control_port']}"


class Tsql:
    """On the server at HOST:PORT; a session for each batch."""

    def __init__(self, address, user="sa", password=PASSWORD, encryption="request", version="7.4"):
        host, port = address.split(":")
        self._user, self._password = user, password
        self._folder = tempfile.TemporaryDirectory()
        config = pathlib.Path(self._folder.name) / "freetds.conf"
        config.write_text(f"[double]\nhost = {host}\nport = {port}\ntds version = {version}\n"
                          f"encryption = {encryption}\nclient charset = UTF-8\n")
        self._environment = dict(os.environ, FREETDSCONF=str(config), FREETDS=str(config))

    def start(self):
        """A process that takes batches from its standard input and answers at once."""
        return subprocess.Popen(["stdbuf", "-oL", os.environ["DBSTOW_TEST_TSQL"], "-S", "double",
                                 "-U", self._user, "-P", self._password], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env=self._environment)

    def run(self, sql):
        """Everything that tsql said."""
        with self.start() as client:
            try:
                return client.communicate(f"{sql}\ngo\nexit\n", timeout=300)[0]
            except subprocess.TimeoutExpired:
                client.kill()
                raise

    def answer(self, sql):
        """Errors of severity over 10 as (number, severity), and the lines with rows."""
        out = self.run(sql)
        rows = [line for line in out.splitlines() if line and not line.startswith("Msg ")]
        return errors_in(out), rows

    def errors(self, sql):
        return self.answer(sql)[0]

    def step(self, sql, *errors):
        """Everything that tsql said, after a look at the numbers of the errors."""
        out = self.run(sql)
        check([number for number, _ in errors_in(out)] == list(errors), f"{sql}: {out}")
        return out


class Isql:
    """The same through ODBC. isql shows no numbers: they are in what its driver logs of the tokens."""

    def __init__(self, address, encryption, password=PASSWORD):
        driver = next(pathlib.Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
        host, port = address.split(":")
        self._text = (f"Driver={driver};Server={host};Port={port};UID=sa;PWD={password};"
                      f"TDS_Version=7.4;ClientCharset=UTF-8;Encryption={encryption}")
        self._folder = tempfile.TemporaryDirectory()

    def answer(self, sql):
        log = pathlib.Path(self._folder.name) / "log"
        log.unlink(missing_ok=True)
        done = subprocess.run([os.environ["DBSTOW_TEST_ISQL"], "-v", "-b", "-k", self._text],
                              input=sql + "\n", text=True, capture_output=True, check=False,
                              env=dict(os.environ, TDSDUMP=str(log)), timeout=300)
        tokens = re.findall(r"marker is \w+\((\w+)\)|reading message (\d+) from server",
                            log.read_text(errors="replace"))
        errors, kind = [], ""
        for marker, number in tokens:
            kind = marker or kind
            if number and kind == "ERROR":
                errors.append((int(number), None))
        told = "[ISQL]ERROR" in done.stdout + done.stderr
        check(told == bool(errors), f"{sql}: {errors}, {done.stdout} {done.stderr}")
        return errors, [line for line in done.stdout.splitlines() if line.startswith("|")]
