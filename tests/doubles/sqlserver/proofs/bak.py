#!/usr/bin/env python3
"""bak.py DOUBLE: what the double writes is Microsoft Tape Format 1.00a, as a reader says that was written
from that specification alone; and RESTORE HEADERONLY and LABELONLY, asked by tsql, say the same."""
import contextlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rpartition("/")[0] or ".")

from freetds import Tsql, check, start  # noqa: E402

BLOCK_HEADER, STREAM_HEADER = 52, 22
SQL_SERVER = 4608
# Data streams of a set in their order, as SQL Server writes them.
STREAMS = ["MSCI", "MQDA", "SPAD"]


def xor_of_words(data):
    total = 0
    for (word,) in struct.iter_unpack("<H", data):
        total ^= word
    return total


def stream(data, at):
    """Its id, where its content begins, and where it ends."""
    kind, _, _, length, _, _, checksum = struct.unpack_from("<4sHHQHHH", data, at)
    check(xor_of_words(data[at:at + STREAM_HEADER - 2]) == checksum, f"checksum of {kind} at {at}")
    begin = at + STREAM_HEADER
    check(begin + length <= len(data), f"{kind} at {at} ends within the file")
    return kind.decode(), begin, begin + length


class Block:
    """A descriptor block (DBLK) at a place of the file."""

    def __init__(self, data, at):
        (kind, self.attributes, self.first_stream, _, _, _, _, _, self.number, _, size, place,
         self.strings, _, checksum) = struct.unpack_from("<4sIHBBQQQIIHHBBH", data, at)
        check(xor_of_words(data[at:at + BLOCK_HEADER - 2]) == checksum, f"checksum of {kind} at {at}")
        check(self.first_stream >= BLOCK_HEADER and place + size <= self.first_stream,
              f"{kind} at {at} holds what it names")
        self.kind, self.at, self._data = kind.decode(), at, data
        self.streams_at = at + self.first_stream

    def field(self, layout, offset):
        return struct.unpack_from(layout, self._data, self.at + offset)

    def date(self, offset):
        """MTF_DATE_TIME: 14 bits of the year, 4 of the month, 5, 5, 6 and 6."""
        packed = int.from_bytes(self._data[self.at + offset:self.at + offset + 5], "big")
        return (f"{packed >> 26:04}-{packed >> 22 & 15:02}-{packed >> 17 & 31:02} "
                f"{packed >> 12 & 31:02}:{packed >> 6 & 63:02}:{packed & 63:02}")


def read(path):
    """TAPE and the sets, each SSET, its streams, ESET."""
    with open(path, "rb") as file:
        data = file.read()
    tape = Block(data, 0)
    check(tape.kind == "TAPE", "a tape begins with TAPE")
    alignment, vendor = tape.field("<HH", BLOCK_HEADER + 32)
    check(vendor == SQL_SERVER and alignment in (512, 1024, 2048, 4096), f"{vendor}, {alignment}")
    check(tape.field("<B", BLOCK_HEADER + 41) == (1,), "version 1 of the format")
    check(tape.field("<H", BLOCK_HEADER + 8) == (1,), "the first volume of its family")
    check(len(data) % alignment == 0, "the file is whole blocks")
    sets, at = [], tape.streams_at
    while at < len(data):
        begin = Block(data, at)
        check(begin.kind == "SSET", f"SSET at {at}, not {begin.kind}")
        check(at % alignment == 0, f"SSET at {at} is aligned")
        check(begin.field("<H", BLOCK_HEADER + 8) == (SQL_SERVER,), "the set is SQL Server's")
        number, = begin.field("<H", BLOCK_HEADER + 10)
        kinds, place = [], begin.streams_at
        while len(kinds) < len(STREAMS):
            kind, _, place = stream(data, place)
            kinds.append(kind)
        check(kinds == STREAMS, f"streams {kinds}")
        check(place % alignment == 0, f"SPAD fills up to {place}")
        end = Block(data, place)
        check(end.kind == "ESET", f"ESET at {place}, not {end.kind}")
        at = end.streams_at
        sets.append((begin, number))
    return tape, sets


def columns(out, *names):
    """Of every row that tsql printed."""
    rows = [line.split("\t") for line in out.splitlines() if "\t" in line]
    return [tuple(row[rows[0].index(name)] for name in names) for row in rows[1:]]


# Attributes of SSET: copy, normal, differential.
COPY, NORMAL, DIFFERENTIAL = 2, 4, 8


def main(executable):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ends:
        client = Tsql(start(executable, folder, ends)[1])
        path = f"{folder}/shop.bak"
        client.step("CREATE DATABASE shop")
        client.step("CREATE TABLE shop.dbo.t (name nvarchar(4000))")
        client.step("INSERT INTO shop.dbo.t VALUES (REPLICATE(N'x', 3000))")
        client.step(f"BACKUP DATABASE shop TO DISK = '{path}' WITH FORMAT, COPY_ONLY")
        client.step(f"BACKUP DATABASE shop TO DISK = '{path}' WITH CHECKSUM")
        client.step(f"BACKUP DATABASE shop TO DISK = '{path}' WITH DIFFERENTIAL")
        client.step(f"BACKUP LOG shop TO DISK = '{path}'")
        tape, sets = read(path)
        headers = columns(client.step(f"RESTORE HEADERONLY FROM DISK = '{path}'"), "Position",
                          "BackupType", "SoftwareVendorId", "SoftwareVersionMajor")
        check(headers == [("1", "1", "4608", "16"), ("2", "1", "4608", "16"),
                          ("3", "5", "4608", "16"), ("4", "2", "4608", "16")], f"{headers}")
        check([str(number) for _, number in sets] == [header[0] for header in headers],
              "the sets are in their places")
        kinds = [begin.field("<I", BLOCK_HEADER)[0] for begin, _ in sets]
        check(kinds[:3] == [COPY, NORMAL, DIFFERENTIAL], f"attributes of the sets: {kinds}")
        dates = [begin.date(BLOCK_HEADER + 36) for begin, _ in sets]
        out = client.step("SELECT CAST(position AS nvarchar(9)), CONVERT(nvarchar(19), "
                          "backup_start_date, 120) FROM msdb.dbo.backupset ORDER BY position")
        for number, date in enumerate(dates, 1):
            check(f"\n{number}\t{date}" in out, f"set {number} is of {date}: {out}")
        check(tape.date(BLOCK_HEADER + 36) <= dates[0], "the tape is as old as its first set")

        pair = [f"{folder}/a.bak", f"{folder}/b.bak"]
        client.step(f"BACKUP DATABASE shop TO DISK = '{pair[0]}', DISK = '{pair[1]}' WITH FORMAT, "
                    "COMPRESSION, COPY_ONLY")
        ids = set()
        for family, path in enumerate(pair, 1):
            ids.add(read(path)[0].field("<I", BLOCK_HEADER))
            label = columns(client.step(f"RESTORE LABELONLY FROM DISK = '{path}'"), "FamilyCount",
                            "FamilySequenceNumber")
            check(label == [("2", str(family))], f"{path}: {label}")
        check(len(ids) == 2, "families are told apart")


main(sys.argv[1])
