"""Writes a few well-formed inputs for decode_fuzz into the folder given: the first byte chooses the
decoder, as in decode_fuzz.cc."""
import pathlib
import struct
import sys


def document(*fields):
    body = b"".join(fields)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def field(kind, name, value):
    return bytes([kind]) + name.encode() + b"\0" + value


def number(name, value):
    return field(0x10, name, struct.pack("<i", value))


def text(name, value):
    return field(0x02, name, struct.pack("<i", len(value) + 1) + value.encode() + b"\0")


def inside(name, value, kind=0x03):
    return field(kind, name, value)


def array(*values):
    return document(*(inside(str(place), value) for place, value in enumerate(values)))


EVERY_TYPE = document(
    number("int", 1), text("string", "x"), inside("object", document(number("a", 1))),
    inside("array", array(document(), document(number("b", 2))), 0x04),
    field(0x01, "double", struct.pack("<d", 1.5)), field(0x05, "binary", b"\2\0\0\0\0ab"),
    field(0x05, "old", b"\6\0\0\0\2\2\0\0\0ab"), field(0x06, "undefined", b""), field(0x07, "oid", b"1" * 12),
    field(0x08, "bool", b"\1"), field(0x09, "date", b"\0" * 8), field(0x0A, "null", b""),
    field(0x0B, "regex", b"a\0i\0"), field(0x0C, "pointer", b"\2\0\0\0n\0" + b"1" * 12),
    field(0x0D, "code", b"\2\0\0\0f\0"), field(0x0E, "symbol", b"\2\0\0\0s\0"),
    field(0x0F, "scoped", b"\x0f\0\0\0\2\0\0\0f\0\5\0\0\0\0"), field(0x11, "timestamp", b"\1" * 8),
    field(0x12, "long", b"\2" * 8), field(0x13, "decimal", b"\3" * 16), field(0xFF, "min", b""),
    field(0x7F, "max", b""))
FILTER = document(
    inside("int", document(number("$gt", 0), number("$lt", 9))), inside("object.a", document(number("$ne", 3))),
    inside("$or", array(document(number("int", 1)), document(inside("x", document(number("$exists", 1))))), 0x04),
    inside("$expr", document(inside("$eq", document(text("0", "$int"), number("1", 1)), 0x04))))
PIPELINE = array(document(inside("$match", FILTER)), document(inside("$project", document(number("int", 1)))),
                 document(inside("$sort", document(number("int", -1)))), document(number("$limit", 3)),
                 document(inside("$group", document(number("_id", 1), inside("n", document(number("$sum", 1)))))))
UPDATE = document(inside("$set", document(number("object.a", 7))), inside("$inc", document(number("int", 1))),
                  inside("$unset", document(number("string", 1))), inside("$push", document(number("array", 1))))
DIFF = document(inside("d", document(field(0x08, "int", b"\0"))), inside("u", document(number("double", 2))),
                inside("i", document(number("new", 2))),
                inside("sarray", document(field(0x08, "a", b"\1"), number("u3", 1), number("l", 2))))
COMMAND = document(text("insert", "c"), text("$db", "d"))
SEQUENCE = b"documents\0" + document(number("_id", 1))


def message(op_code, body):
    return struct.pack("<iiii", 16 + len(body), 1, 0, op_code) + body


def seeds():
    for which, specification in enumerate((FILTER, UPDATE, DIFF, EVERY_TYPE, document(number("object.a", 1)),
                                           PIPELINE, document(number("array.b", -1)))):
        yield bytes([which]) + specification + EVERY_TYPE
    yield bytes([7]) + EVERY_TYPE
    yield bytes([8]) + b"n,,n=user,r=abcdefghijklmnopqrstuvc=biws,r=abcdefghijklmnonce,p=AAAA"
    yield bytes([9]) + message(2013, b"\0\0\0\0\0" + COMMAND + b"\1" + struct.pack("<i", 4 + len(SEQUENCE)) + SEQUENCE)
    yield bytes([9]) + message(2004, b"\0\0\0\0admin.$cmd\0" + b"\0\0\0\0\xff\xff\xff\xff" + COMMAND)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(seeds()):
        (folder / f"seed{place}").write_bytes(seed)


main()
