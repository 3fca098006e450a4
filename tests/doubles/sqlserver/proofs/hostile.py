#!/usr/bin/env python3
"""hostile.py DOUBLE: half-open connections, junk, oversized packets, 200 at once, and being killed."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from freetds import Tsql, check  # noqa: E402

HALF_OPEN = (b"", b"\x12", b"\x12\x01\x00\x2f\x00\x00\x01\x00" + b"\x00" * 10)
JUNK = (b"\x01\x00\xff\xff" + b"\x00" * 70000, b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100000,
        b"\x10\x01\x00\x08\x00\x00\x01\x00",
        b"\x12\x01\x00\x0d\x00\x00\x01\x00\x01\x00\x99\x00\x99")


def start(executable, folder):
    """The process and where it answers."""
    ready = pathlib.Path(folder) / "ready.json"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen([executable, "--data", f"{folder}/data", "--ready-file", ready])
    while not ready.exists():
        check(process.poll() is None, "the double starts")
        time.sleep(0.05)
    return process, f"127.0.0.1:{json.loads(ready.read_text())['port']}"


def besiege(address):
    """The connections, which stay open."""
    host, port = address.split(":")
    peers = []
    for beginning in HALF_OPEN:
        peers.append(socket.create_connection((host, port)))
        peers[-1].sendall(beginning)
    for junk in JUNK:
        with socket.create_connection((host, port)) as peer:
            try:
                peer.sendall(junk)
                peer.settimeout(30)
                while peer.recv(65536):
                    pass
            except (ConnectionError, socket.timeout):
                pass
    return peers + [socket.create_connection((host, port)) for _ in range(200)]


def main(executable):
    with tempfile.TemporaryDirectory() as folder:
        process, address = start(executable, folder)
        try:
            peers = besiege(address)
            client = Tsql(address)
            check("42" in client.step("SELECT 41 + 1"), "it serves beside them")
            client.step("CREATE DATABASE kept")
            client.step("CREATE TABLE kept.dbo.t (a int)")
            client.step("INSERT INTO kept.dbo.t VALUES (77)")
            process.kill()
            process.wait()
            process, address = start(executable, folder)
            check("\n77\n" in Tsql(address).step("SELECT a FROM kept.dbo.t"),
                  "what was acknowledged is there after a kill")
            for peer in peers:
                peer.close()
        finally:
            process.kill()
            process.wait()


main(sys.argv[1])
