"""A `serve` whose command waits, and what is left of it: for tests of how everything ends."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from harness import supervision

SERVE = pathlib.Path(__file__).resolve().parent / "serve"
# Says which process it is and where the server is, then stays until it is ended.
LINGER = 'echo "$$ $2" > "$0.part" && mv "$0.part" "$0" && exec sleep 3600'


def await_that(what, seconds=240):
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {seconds} s")
        time.sleep(0.02)


def _traces(process):
    """What may name the folder that a process belongs to. Servers change each of these, none all."""
    for read in (lambda: (process / "cmdline").read_bytes(), lambda: (process / "environ").read_bytes(),
                 lambda: os.readlink(process / "cwd").encode()):
        try:
            yield read()
        except OSError:
            pass


def processes_of(folder):
    """Ids of the processes that were started for this folder or below it."""
    name = os.fsencode(folder)
    found = [int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*")
             if any(name in trace for trace in _traces(entry))]
    return [pid for pid in found if supervision.is_alive(pid)]


def accepts(address):
    """Whether something listens at the port of an address."""
    port = int(re.findall(r"(?:127\.0\.0\.1|localhost):(\d+)", address)[-1])
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
        return True
    except ConnectionError:
        return False


class Lingering:
    """`serve` for one name in a scratch folder. `process` ends early when the server cannot be had;
    then `command` is None."""

    def __init__(self, name, variable, scratch):
        self._scratch = scratch
        said = scratch / "said"
        scratch.chmod(0o755)  # a server may run as another user
        self.process = subprocess.Popen(
            [SERVE, "--need-all", name, "--", "sh", "-c", LINGER.replace("$2", f"${variable}"), said],
            env={**os.environ, "TMPDIR": str(scratch)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True)
        await_that(lambda: said.exists() or self.process.poll() is not None, seconds=900)
        self.command = None
        if not said.exists():
            return
        command, _, self.address = said.read_text().strip().partition(" ")
        self.command = int(command)
        self.folder = next(scratch.glob("dbstow-servers-*"))

    def guard(self):
        """The process that `serve` leaves behind to clean up, once it is killed."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return next(int(pid) for pid in children.split()
                    if os.fsencode(SERVE) in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())

    def servers(self):
        ours = {self.process.pid, self.command, self.guard()}
        return [pid for pid in processes_of(self.folder.parent) if pid not in ours]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for pid in processes_of(self._scratch):  # a test that fails leaves nothing either
            os.kill(pid, signal.SIGKILL)
