"""Servers that speak MongoDB's protocol and were not written by us."""
import socket
import struct

from harness import installs
from harness.lab import need_command

OP_MSG = 2013


def says_hello(port):
    """Whether an OP_MSG `{hello: 1, $db: "admin"}` is answered."""
    body = b"\x10hello\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0"
    document = struct.pack("<i", len(body) + 5) + body + b"\0"
    message = struct.pack("<iiiiiB", 21 + len(document), 1, 0, OP_MSG, 0, 0) + document
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(message)
            return len(connection.recv(16)) == 16
    except OSError:
        return False


class FerretDb:
    name = "ferretdb"
    variable = "DBSTOW_TEST_FERRETDB"
    build = installs.Go("ferretdb", ferretdb=".")
    installs = (build,)

    def start(self, lab, _given):
        port = lab.free_port()
        folder = lab.data_folder(self.name)
        lab.start(self.name, [self.build.program("ferretdb"), f"127.0.0.1:{port}", folder],
                  ready=lambda: says_hello(port))
        return {self.variable: f"mongodb://127.0.0.1:{port}/"}


class MongoJavaServer:
    name = "mongo-java-server"
    variable = "DBSTOW_TEST_MONGO_JAVA_SERVER"
    build = installs.Maven("mongo_java_server")
    installs = (build,)

    def start(self, lab, _given):
        port = lab.free_port()
        java = need_command("java")
        lab.start(self.name, [java, "-Xmx256m", "-cp", self.build.class_path(), "Main", port],
                  ready=lambda: says_hello(port))
        return {self.variable: f"mongodb://127.0.0.1:{port}/"}
