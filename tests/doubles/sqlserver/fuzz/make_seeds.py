"""make_seeds.py FOLDER: one small input for each decoder, so that the fuzzer begins inside them."""
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
seeds.append((6, b"TAPE" + bytes(1020)))
for index, (choice, content) in enumerate(seeds):
    (folder / f"seed_{index}").write_bytes(bytes([choice]) + content)
