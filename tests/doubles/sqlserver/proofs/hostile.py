#!/usr/bin/env python3
"""hostile.py DOUBLE: half-open connections, junk, oversized packets, 200 sessions at once, and being
killed while sessions write."""
import contextlib
import re
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rpartition("/")[0] or ".")

from freetds import Tsql, check, start  # noqa: E402

SESSIONS = 200
WRITERS = 4
WRITES = 25  # of each writer before the kill
KILLS = 3
LONGEST = 120  # seconds; the double gives a login 30
HALF_OPEN = (b"", b"\x12", b"\x12\x01\x00\x2f\x00\x00\x01\x00" + b"\x00" * 10)
JUNK = (b"\x01\x00\xff\xff" + b"\x00" * 70000, b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100000,
        b"\x10\x01\x00\x08\x00\x00\x01\x00",
        b"\x12\x01\x00\x0d\x00\x00\x01\x00\x01\x00\x99\x00\x99")


def connect(address):
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=LONGEST)


def await_end(peer, what):
    """The double must close the connection; silence for LONGEST is a failure."""
    try:
        while peer.recv(65536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        check(False, f"{what} is neither answered nor closed")
    peer.close()


def throw_junk(address):
    for junk in JUNK:
        peer = connect(address)
        with contextlib.suppress(ConnectionError):
            peer.sendall(junk)
        await_end(peer, junk[:16])


def ask(client, sql, wanted):
    """One batch; its lines until one has `wanted`. Nothing when the server is gone before that."""
    try:
        client.stdin.write(f"{sql}\ngo\n")
        client.stdin.flush()
    except BrokenPipeError:
        return None
    lines = []
    for line in client.stdout:
        lines.append(line)
        if wanted in line:
            return lines
    return None


@contextlib.contextmanager
def sessions(address, count):
    tsql = Tsql(address)  # its folder must stay while they start
    clients = [tsql.start() for _ in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            client.kill()
            client.wait()
            with contextlib.suppress(BrokenPipeError):
                client.stdin.close()
            client.stdout.close()


def serve_many(address):
    with sessions(address, SESSIONS) as clients:
        for number, client in enumerate(clients):
            check(ask(client, f"SELECT N'a' + CAST({number} + 1000 AS nvarchar(9))",
                      f"a{number + 1000}"), f"session {number} answers")
        out = Tsql(address).step("SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE session_id > 50")
        count = max(int(n) for n in re.findall(r"^(\d+)$", out, re.M))
        check(count >= SESSIONS, f"all of them are there at once, not {count}")
        for number, client in enumerate(clients):
            check(ask(client, f"SELECT N'b' + CAST({number} + 2000 AS nvarchar(9))",
                      f"b{number + 2000}"), f"session {number} answers beside the others")


def write(client, writer, first, done, enough):
    """Transactions of two rows each, until the server is gone; `done` are those that it acknowledged."""
    for number in range(first, sys.maxsize):
        row = f"INSERT INTO kept.dbo.t VALUES ({writer}, {number}, "
        if not ask(client, f"BEGIN TRAN {row}1) {row}2) COMMIT SELECT N'done {number}'",
                   f"done {number}"):
            return
        done.append(number)
        if len(done) >= WRITES:
            enough.release()


def rows_of(address):
    out = Tsql(address).step("SELECT writer, number, part FROM kept.dbo.t")
    return {tuple(map(int, row)) for row in re.findall(r"^(\d+)\t(\d+)\t(\d+)$", out, re.M)}


def kill_while_writing(process, address, first):
    acknowledged = {writer: [] for writer in range(WRITERS)}
    enough = {writer: threading.Semaphore(0) for writer in range(WRITERS)}
    before = rows_of(address)
    with sessions(address, WRITERS) as clients:
        threads = [threading.Thread(target=write, args=(client, writer, first, acknowledged[writer],
                                                        enough[writer]))
                   for writer, client in enumerate(clients)]
        for thread in threads:
            thread.start()
        reached = [one.acquire(timeout=LONGEST) for one in enough.values()]
        process.kill()
        process.wait()
        for client in clients:
            client.kill()  # it would wait for more input
        for thread in threads:
            thread.join()
    check(all(reached), "every writer writes")
    return before, acknowledged


def compare(address, before, acknowledged):
    """All that was acknowledged is there, whole; and of each writer one transaction more, or none."""
    after = rows_of(address) - before
    check(before <= rows_of(address), "what was there is there")
    for writer, numbers in acknowledged.items():
        there = {number for owner, number, _ in after if owner == writer}
        check(set(numbers) <= there, f"writer {writer} lost {set(numbers) - there}")
        check(there <= {*numbers, numbers[-1] + 1}, f"nobody wrote {there - set(numbers)}")
    wholes = {(writer, number) for writer, number, _ in after}
    check(len(after) == 2 * len(wholes), "a transaction is there as a whole")


def main(executable):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        process, address, _ = start(executable, folder, ends)
        half_open = [connect(address) for _ in HALF_OPEN]
        for peer, beginning in zip(half_open, HALF_OPEN):
            peer.sendall(beginning)
        throw_junk(address)
        serve_many(address)
        for peer, beginning in zip(half_open, HALF_OPEN):
            await_end(peer, beginning)
        client = Tsql(address)
        client.step("CREATE DATABASE kept")
        client.step("CREATE TABLE kept.dbo.t (writer int, number int, part int)")
        for kill in range(KILLS):
            before, acknowledged = kill_while_writing(process, address, kill * 1_000_000)
            process, address, _ = start(executable, folder, ends)
            compare(address, before, acknowledged)


main(sys.argv[1])
