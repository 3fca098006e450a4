"""Where servers live while a command runs: a private folder, free ports, processes that end with us."""
import http.client
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from harness import supervision

READY_SECONDS = 180
# Below those that the system gives to clients, so that none of them takes one before its server does.
PORTS = range(20000, 32000)


class CannotStart(Exception):
    """The reason why a server cannot be had; it is then skipped by name."""


class Lab:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dbstow-servers-"))
        self.folder.chmod(0o755)
        self._guard = supervision.Guard(self.folder)
        self._processes = []
        self._reserved = []

    def data_folder(self, name, user=None):
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        return folder

    def certificate(self):
        """A certificate for localhost that vouches for itself, and its key: paths of PEM files."""
        certificate, key = self.folder / "localhost.pem", self.folder / "localhost.key"
        if not certificate.exists():
            done = subprocess.run(
                [need_command("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                 "-keyout", key, "-out", certificate, "-subj", "/CN=localhost", "-addext",
                 "subjectAltName=DNS:localhost,IP:127.0.0.1"], capture_output=True, text=True, check=False)
            if done.returncode:
                raise CannotStart(f"no certificate: {done.stderr.strip()}")
        return certificate, key

    def free_port(self):
        """A port of 127.0.0.1 that no other lab is given while this one is open: each holds an
        abstract socket named after the port, which the kernel frees however we end."""
        for port in random.sample(PORTS, len(PORTS)):
            reservation, probe = socket.socket(socket.AF_UNIX), socket.socket()
            try:
                reservation.bind(f"\0dbstow-test-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                reservation.close()
                continue
            finally:
                probe.close()
            self._reserved.append(reservation)
            return port
        raise CannotStart("no free port")

    def start(self, name, argv, *, ready, end_signal=signal.SIGTERM, **how):
        """Starts a process and waits until `ready()` is true."""
        process = supervision.Process(self._guard, [str(word) for word in argv],
                                      self.folder / f"{name}.log", end_signal=end_signal, **how)
        self._processes.append(process)
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if process.has_ended():
                raise CannotStart(f"it ended at once: {process.last_words()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"no answer in {READY_SECONDS} s: {process.last_words()}")
            time.sleep(0.2)
        return process

    def close(self):
        for process in reversed(self._processes):
            process.stop()
        self._guard.finish()
        for reservation in self._reserved:
            reservation.close()


def answers_http(port, certificate=None):
    """True for any answer at all: 403 is one. TLS when there is a certificate to trust."""
    try:
        if certificate:
            context = ssl.create_default_context(cafile=certificate)
            connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    except (OSError, http.client.HTTPException):
        return False


def need_command(command):
    found = shutil.which(command)
    if not found:
        raise CannotStart(f"no '{command}' on this machine")
    return found


def unprivileged_user():
    """Whom to run a server as that refuses to be root: nobody else when we are not root."""
    return "postgres" if os.getuid() == 0 else None
