"""Starts processes that never outlive us, not even when we are killed with -9.

Two nets: every process gets a signal from the kernel when we die (PR_SET_PDEATHSIG), and a guard, a
process of its own, reads a pipe whose other end only we hold. When the pipe closes, however that
happens, the guard ends every process group that it was told of and removes our folder.
"""
import ctypes
import json
import os
import pwd
import shutil
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 10
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(end_signal):
    """For a child before exec, after any change of user: the kernel forgets it at such a change."""
    _libc.prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0)


def is_alive(pid):
    """Whether a process exists and is not only waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def end_group(pid, end_signal):
    """Asks a process to end, waits for it, and kills what is left of its group."""
    try:
        os.kill(pid, end_signal)
        deadline = time.monotonic() + GRACE_SECONDS
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Guard:
    """The process that cleans up after us. Made before anything is started."""

    def __init__(self, folder):
        reading, self._pipe = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            # Above all the pipes of other guards, which would never see theirs close.
            os.closerange(3, reading)
            os.closerange(reading + 1, os.sysconf("SC_OPEN_MAX"))
            self._run(reading, folder)
            os._exit(0)
        os.close(reading)

    def tell(self, **news):
        os.write(self._pipe, (json.dumps(news) + "\n").encode())

    def finish(self):
        """Returns when everything has ended and the folder is gone."""
        os.close(self._pipe)
        os.waitpid(self._pid, 0)

    @staticmethod
    def _run(reading, folder):
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        groups = {}
        with os.fdopen(reading) as news:
            for line in news:
                item = json.loads(line)
                if "started" in item:
                    groups[item["started"]] = item["signal"]
                else:
                    groups.pop(item["ended"], None)
        for pid, end_signal in reversed(groups.items()):
            end_group(pid, end_signal)
        shutil.rmtree(folder, ignore_errors=True)


class Process:
    """A server in a process group of its own; its output goes to a log file."""

    def __init__(self, guard, argv, log, *, end_signal=signal.SIGTERM, environment=None, user=None,
                 folder=None):
        self._guard = guard
        self._signal = end_signal
        self.log = log
        account = pwd.getpwnam(user) if user else None

        def prepare():
            if account:
                os.setgroups([])
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            die_with_parent(end_signal)

        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
                env={**os.environ, **(environment or {})}, start_new_session=True,
                preexec_fn=prepare)
        self.pid = self._process.pid
        guard.tell(started=self.pid, signal=int(end_signal))

    def has_ended(self):
        return self._process.poll() is not None

    def stop(self):
        if not self.has_ended():
            self._process.send_signal(self._signal)
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._guard.tell(ended=self.pid)

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        return " | ".join(lines[-3:]) or "it said nothing"
