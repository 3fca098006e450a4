"""make_seeds.py FOLDER: one small input for each decoder, so that the fuzzer begins inside them."""
import json
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)


def utf16(text):
    return text.encode("utf-16-le")


headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
statements = [
    "BACKUP DATABASE [a]]b] TO DISK = N'x' WITH FORMAT, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = c)",
    "RESTORE LOG d FROM DISK = 'x' WITH MOVE 'a' TO 'b', STOPATMARK = 'm' AFTER 't', NORECOVERY",
    "SELECT TOP (1) a.*, CASE WHEN x = 1 THEN CAST(y AS int) ELSE -2 END FROM t a JOIN u ON 1 = 1 WHERE z IN (1, 2)",
    "CREATE TABLE t (a int IDENTITY(1,1) PRIMARY KEY, b nvarchar(max)); INSERT INTO t (b) VALUES (N'x')",
    "ALTER DATABASE d SET SINGLE_USER WITH ROLLBACK IMMEDIATE; IF 1 = 1 BEGIN PRINT 'a' END ELSE KILL 52",
]
seeds = [(0, s.encode()) for s in statements]
seeds += [(11, headers + utf16(s)) for s in statements]
seeds.append((1, bytes.fromhex("00000b0006010011000104001200 01ff".replace(" ", "")) + bytes(8)))
login = struct.pack("<IIIIIIBBBBII", 140, 0x74000004, 4096, 7, 1, 0, 0xE0, 3, 0, 0, 0, 0)
login += b"".join(struct.pack("<HH", 94, 2) for _ in range(9)) + bytes(10)
seeds.append((2, login + bytes(50)))
integer = b"\x26\x04\x04\x2a\x00\x00\x00"
wide = b"\xe7\x40\x1f" + bytes(5) + struct.pack("<H", 2) + utf16("x")
for version, prefix in ((3, headers), (4, b"")):
    call = struct.pack("<HHH", 0xFFFF, 10, 0) + b"\x00\x00" + wide + b"\x02" + utf16("@a") + b"\x00" + integer
    seeds.append((version, prefix + call))
seeds.append((5, headers + struct.pack("<HB", 5, 0) + b"\x00"))
seeds.append((9, struct.pack("<H", 2) + b"\x00\x01" + bytes(8)))
seeds.append((10, b"@a int, @b numeric(25,0)"))
seeds.append((10, b"2026-11-26T11:40:20.123"))
seeds.append((12, b"HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nETag: \"a\"\r\n\r\nab"))
seeds.append((12, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n0\r\n\r\n"))
seeds += [(14, utf16(s)) for s in statements]
seeds.append((15, struct.pack("<HB", 5, 0) + b"\x00"))


def cbor(value):
    """As much of RFC 8949 as payloads need."""
    def head(kind, number):
        return bytes([kind << 5 | 26]) + struct.pack(">I", number)

    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


LSN = "17126658000000314200037"
forks = [{"guid": "F", "start": LSN}]
table = {"id": 100, "name": "t", "columns": [{"name": "a", "type": "int", "key": True}]}
payload = cbor({
    "database": {"id": 5, "name": "d", "forks": forks, "next_lsn": LSN, "tables": [[100, table]],
                 "files": [{"id": 1, "logical": "d", "physical": "d.mdf"}]},
    "image_lsn": LSN, "tables": [{"table": 100, "alive": [1],
                                  "rows": [{"id": 1, "lsn": LSN, "image": "x"}]}],
    "log": [{"lsn": LSN, "tx": 1, "op": 2, "object": 100, "row": 1, "after": "x"}]})
seeds += [(7, payload), (13, payload)]
# A zstd frame of one segment, whose only block is raw.
seeds.append((8, b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(payload))
              + struct.pack("<I", len(payload) << 3 | 1)[:3] + payload))


def xor_of_words(data):
    total = 0
    for (word,) in struct.iter_unpack("<H", data):
        total ^= word
    return struct.pack("<H", total)


def block(kind, fields, extra=b""):
    size = (52 + len(fields) + len(extra) + 511) // 512 * 512
    header = struct.pack("<4sIHBBQQQIIHHBB", kind, 0, size, 14, 0, 0, 0, 0, 0, 0, len(extra),
                         52 + len(fields) if extra else 0, 2, 0)
    return (header + xor_of_words(header) + fields + extra).ljust(size, b"\0")


def stream(kind, data):
    header = struct.pack("<4sHHQHH", kind, 0, 0, len(data), 0, 0)
    return header + xor_of_words(header) + data


def media(*bodies):
    out = block(b"TAPE", bytes(41) + b"\x01", json.dumps(
        {"media_guid": "M", "family_guid": "G", "family": 1, "family_count": 1}).encode())
    described = json.dumps({"forks": forks, "database": "d", "type": 1, "position": 1}).encode()
    for body in bodies:
        content = block(b"SSET", bytes(54)) + stream(b"MSCI", described)
        content += stream(b"MQDA", body + bytes(4))
        content += stream(b"SPAD", bytes(-(len(content) + 22) % 512))
        out += content + block(b"ESET", bytes(12))
    return out


seeds += [(6, media()), (6, media(b"")), (6, media(b"", b""))]
seeds.append((6, media(struct.pack("<II", 4, 0) + b"abcd")))  # a piece whose sum is wrong
seeds.append((6, media(b"")[:-512]))  # without its end
for index, (choice, content) in enumerate(seeds):
    (folder / f"seed_{index}").write_bytes(bytes([choice]) + content)
