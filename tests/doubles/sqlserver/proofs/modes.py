#!/usr/bin/env python3
"""modes.py DOUBLE: what tsql gets from servers of every encryption setting, version and edition; that of
the encryption is seen on the wire."""
import contextlib
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rpartition("/")[0] or ".")

from freetds import PASSWORD, Tsql, check, start  # noqa: E402

LOGIN = "somebody_visible"
BATCH = "SELECT N'batch_visible'"
# What is readable on the wire, by setting of the server and of the client: FreeTDS sends NOT_SUP for off,
# OFF for request and ON for require. None: they do not come together.
CLEAR, LOGIN_SEALED, SEALED = {LOGIN, "batch_visible"}, {"batch_visible"}, set()
WIRE = {
    "off": {"off": CLEAR, "request": LOGIN_SEALED, "require": SEALED},
    "on": {"off": None, "request": SEALED, "require": SEALED},
    "required": {"off": None, "request": SEALED, "require": SEALED},
    "unsupported": {"off": CLEAR, "request": CLEAR, "require": None},
}


class Wire:
    """Carries connections to the double and keeps what its clients send."""

    def __init__(self, address):
        self._to = address.split(":")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection((self._to[0], int(self._to[1])))
                for ends in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, target, is_client):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_client:
                    self.sent += data
                target.sendall(data)
        # Also after a reset, of which the other side would never hear.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def try_encryption(executable, server):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        _, address, _ = start(executable, folder, ends, f"encryption={server}")
        able = "off" if server == "unsupported" else "require"
        Tsql(address, encryption=able).step(f"CREATE LOGIN {LOGIN} WITH PASSWORD = '{PASSWORD}'")
        for client, readable in WIRE[server].items():
            wire = Wire(address)
            ends.callback(wire.close)
            out = Tsql(wire.address, user=LOGIN, encryption=client).run(BATCH)
            what = f"client {client}, server {server}: {out}"
            if readable is None:
                check("batch_visible" not in out, what)
                check(LOGIN.encode("utf-16-le") not in wire.sent, f"no login is sent: {what}")
                continue
            check("batch_visible" in out, what)
            seen = {word for word in CLEAR if word.encode("utf-16-le") in wire.sent}
            check(seen == readable, f"{seen} is readable: {what}")


BACKUP = "BACKUP DATABASE model TO DISK = 'm.bak' WITH FORMAT"
COMPRESSED = "BACKUP DATABASE model TO DISK = 'c.bak' WITH FORMAT, COMPRESSION"
MIRRORED = "BACKUP DATABASE model TO DISK = 'm1.bak' MIRROR TO DISK = 'm2.bak' WITH FORMAT"
TO_S3 = "BACKUP DATABASE model TO URL = 's3://127.0.0.1:1/bucket/m.bak'"
SUSPEND = "ALTER DATABASE model SET SUSPEND_FOR_SNAPSHOT_BACKUP = ON"
# The errors of BACKUP, COMPRESSED, MIRRORED, TO_S3 and SUSPEND. To S3 there is no credential (3201); of
# model there are no snapshots (3091).
EDITIONS = {
    ("2022", "enterprise", 3): ([], [], [], [3201, 3013], [3091, 5069]),
    ("2022", "standard", 2): ([], [], [3218, 3013], [3201, 3013], [3091, 5069]),
    ("2022", "express", 4): ([], [1844, 3013], [3218, 3013], [1844, 3013], [3091, 5069]),
    ("2019", "enterprise", 3): ([], [], [], [3297, 3013], [102]),
    ("2019", "standard", 2): ([], [], [3218, 3013], [3297, 3013], [102]),
    ("2019", "express", 4): ([], [1844, 3013], [3218, 3013], [3297, 3013], [102]),
}


def try_edition(executable, version, edition, engine, errors, newer):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        _, address, _ = start(executable, folder, ends, f"version={version}", f"edition={edition}")
        client = Tsql(address)
        out = client.step("SELECT SERVERPROPERTY('ProductMajorVersion'), "
                          "SERVERPROPERTY('EngineEdition'), @@VERSION")
        major = {"2019": "15", "2022": "16"}[version]
        check(f"\n{major}\t{engine}\t" in out and edition in out.lower(), out)
        for sql, wanted in zip((BACKUP, COMPRESSED, MIRRORED, TO_S3, SUSPEND), errors):
            client.step(sql, *wanted)
        client.step("CREATE DATABASE shop")
        client.step(f"BACKUP DATABASE shop TO DISK = '{newer}/{version}.bak' WITH FORMAT")
        client.step("DROP DATABASE shop")
        wanted = [3169, 3013] if version == "2019" else []
        client.step(f"RESTORE DATABASE shop FROM DISK = '{newer}/2022.bak' WITH "
                    f"MOVE 'shop' TO '{folder}/s.mdf', MOVE 'shop_log' TO '{folder}/s.ldf'", *wanted)


def main(executable):
    for server in WIRE:
        try_encryption(executable, server)
    with tempfile.TemporaryDirectory() as newer:
        for (version, edition, engine), errors in EDITIONS.items():
            try_edition(executable, version, edition, engine, errors, newer)


main(sys.argv[1])
