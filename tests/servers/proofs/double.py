"""double.py PRODUCT: the double of that product answers on its control port and accepts clients."""
import json
import os
import socket
import sys

variable = f"DBSTOW_TEST_DOUBLE_{sys.argv[1].upper()}"


def connect(address):
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=60)


with connect(os.environ[variable + "_CONTROL"]) as control, control.makefile("rw") as lines:
    for command, expected in (("ping", {"ok": True}), ("dance", {"code": "InvalidOptions"})):
        lines.write(json.dumps({"command": command}) + "\n")
        lines.flush()
        answer = json.loads(lines.readline())
        assert expected.items() <= answer.items(), answer
connect(os.environ[variable]).close()
assert "BEGIN CERTIFICATE" in open(os.environ[variable + "_CERTIFICATE"], encoding="ascii").read()
