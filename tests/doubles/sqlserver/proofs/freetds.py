"""FreeTDS's tsql, which tests/servers/serve names in DBSTOW_TEST_TSQL."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

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

    def run(self, sql):
        """Everything that tsql said."""
        done = subprocess.run([os.environ["DBSTOW_TEST_TSQL"], "-S", "double", "-U", self._user, "-P",
                               self._password], input=f"{sql}\ngo\nexit\n", capture_output=True,
                              env=self._environment, text=True, timeout=300, check=False)
        return done.stdout + done.stderr

    def step(self, sql, *errors):
        """The same, after a look at the numbers of the errors."""
        out = self.run(sql)
        found = [int(number) for number, severity in
                 re.findall(r"Msg (\d+) \(severity (\d+)", out) if int(severity) > 10]
        check(found == list(errors), f"{sql}: {out}")
        return out
