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


def command(name, value, *fields, db="d"):
    return document(text(name, value) if isinstance(value, str) else number(name, value), *fields, text("$db", db))


def list_of(name, *documents):
    return field(0x04, name, array(*documents))


YES = b"\1"
ID = document(number("_id", 1))
INSERT = command("insert", "c", list_of("documents", ID, EVERY_TYPE))
SESSION = (inside("lsid", document(field(0x05, "id", b"\x10\0\0\0\4" + b"i" * 16))),
           field(0x12, "txnNumber", b"\1" + b"\0" * 7), field(0x08, "autocommit", b"\0"))
STATEMENTS = (
    INSERT + command("update", "c", list_of("updates", document(inside("q", ID), inside("u", UPDATE), field(0x08, "upsert", YES))))
    + command("delete", "c", list_of("deletes", document(inside("q", FILTER), number("limit", 0)))) + command("count", "c"),
    INSERT + command("find", "c", inside("filter", FILTER), inside("sort", document(number("int", -1))), number("batchSize", 1),
                     inside("projection", document(number("int", 1)))),
    INSERT + command("find", "c", inside("hint", document(number("$natural", 1))), field(0x08, "$_requestResumeToken", YES),
                     field(0x08, "showRecordId", YES)),
    INSERT + command("createIndexes", "c", list_of("indexes", document(inside("key", document(number("int", 1))), text("name", "i"),
                                                                       field(0x08, "unique", YES))))
    + command("find", "c", inside("hint", document(number("int", 1))), inside("min", document(number("int", 0))))
    + command("dropIndexes", "c", text("index", "i")) + command("listIndexes", "c"),
    INSERT + command("aggregate", "c", field(0x04, "pipeline", PIPELINE), inside("cursor", document())),
    INSERT + command("aggregate", "c", list_of("pipeline", document(inside("$match", FILTER)), document(text("$out", "o"))), inside("cursor", document()))
    + command("aggregate", "c", list_of("pipeline", document(inside("$merge", document(text("into", "o"))))), inside("cursor", document())),
    command("create", "k", field(0x08, "capped", YES), number("size", 4096), number("max", 2))
    + command("insert", "k", list_of("documents", ID, document(number("_id", 2)), document(number("_id", 3))))
    + command("renameCollection", "d.k", text("to", "e.k"), db="admin") + command("drop", "k", db="e"),
    command("create", "v", text("viewOn", "c"), field(0x04, "pipeline", PIPELINE)) + INSERT + command("find", "v"),
    command("create", "s", inside("timeseries", document(text("timeField", "t"), text("metaField", "m"))))
    + command("insert", "s", list_of("documents", document(field(0x09, "t", b"\1" * 8), number("m", 1)))) + command("find", "s"),
    command("create", "w", inside("validator", FILTER)) + command("collMod", "w", inside("validator", document()), text("validationLevel", "off")),
    INSERT + command("update", "c", list_of("updates", document(inside("q", ID), inside("u", UPDATE))), *SESSION, field(0x08, "startTransaction", YES))
    + command("commitTransaction", 1, *SESSION, db="admin"),
    document(list_of("applyOps", document(text("op", "i"), text("ns", "d.c"), inside("o", ID)),
                     document(text("op", "c"), text("ns", "d.$cmd"), inside("o", document(text("create", "n"))))), text("$db", "admin")),
    command("aggregate", "c", list_of("pipeline", document(inside("$changeStream", document(
        field(0x11, "startAtOperationTime", b"\1" * 8), text("fullDocument", "updateLookup"), field(0x08, "showExpandedEvents", YES))))),
            inside("cursor", document(number("batchSize", 2)))) + INSERT,
    command("createUser", "u", text("pwd", "p"), list_of("roles", document(text("role", "read"), text("db", "d"))))
    + command("usersInfo", 1) + command("dropUser", "u"),
    command("createRole", "r", list_of("privileges", document(inside("resource", document(text("db", "d"), text("collection", ""))), list_of("actions"))),
            list_of("roles")) + command("rolesInfo", 1),
    command("listDatabases", 1, db="admin") + command("listCollections", 1) + command("serverStatus", 1) + command("hello", 1),
)


def message(op_code, body):
    return struct.pack("<iiii", 16 + len(body), 1, 0, op_code) + body


def seeds():
    for which, specification in enumerate((FILTER, UPDATE, DIFF, EVERY_TYPE, document(number("object.a", 1)),
                                           PIPELINE, document(number("array.b", -1)))):
        yield bytes([which]) + specification + EVERY_TYPE
    for statements in STATEMENTS:
        yield bytes([10]) + statements
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
