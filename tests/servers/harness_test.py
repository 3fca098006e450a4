#!/usr/bin/env python3
"""What `serve` promises: exit status, variables, skips by name, and nothing left behind, also by kill -9."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from harness import install, installs, lab  # noqa: E402
from lingering import SERVE, Lingering, await_that, processes_of  # noqa: E402

POSTGRES = "DBSTOW_TEST_POSTGRES_15"


def serve(*arguments, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run([SERVE, *arguments], env=environment, check=False, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)


class Serve(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def linger(self):
        lingering = Lingering("postgres-15", POSTGRES, self.scratch)
        self.addCleanup(lingering.close)
        self.assertIn("postgresql://", lingering.address)
        self.assertTrue(lingering.servers())
        return lingering

    def test_gives_the_address_and_the_commands_status(self):
        done = serve("postgres-15", "--", "sh", "-c",
                     f'[ "$(psql -XAtc "select 42" "${POSTGRES}")" = 42 ] && exit 7')
        self.assertEqual(done.returncode, 7, done)
        self.assertIn("serve: 1 started, 0 given, 0 skipped", done.stdout)

    def test_leaves_nothing_after_a_normal_end(self):
        folder = self.scratch
        done = serve("postgres-15", "--", "true", TMPDIR=str(folder))
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(list(folder.iterdir()), [])
        self.assertEqual(processes_of(folder), [])

    def test_asked_to_end_it_ends_everything(self):
        lingering = self.linger()
        lingering.process.send_signal(signal.SIGTERM)
        self.assertEqual(lingering.process.wait(60), 128 + signal.SIGTERM)
        self.assertEqual(processes_of(self.scratch), [])
        self.assertFalse(lingering.folder.exists())

    def test_killed_with_its_guard_no_process_is_left(self):
        lingering = self.linger()
        os.kill(lingering.guard(), signal.SIGKILL)
        lingering.process.kill()
        lingering.process.wait()
        await_that(lambda: not processes_of(self.scratch))

    def test_a_server_of_the_users_own_is_not_started(self):
        done = serve("postgres-15", "--", "sh", "-c", f'[ "${POSTGRES}" = mine ]', **{POSTGRES: "mine"})
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("serve: 0 started, 1 given, 0 skipped", done.stdout)

    def test_what_cannot_be_had_is_named_and_counted(self):
        nothing = {"DBSTOW_TEST_CACHE": str(self.scratch), "DBSTOW_BUILD": str(self.scratch)}
        done = serve("postgres-18", "double-mongodb", "--", "sh", "-c", "exit 3", **nothing)
        self.assertEqual(done.returncode, 3, done)
        self.assertEqual(done.stdout.splitlines(), [
            "serve: skipped postgres-18: not installed, see tests/servers/install",
            "serve: skipped double-mongodb: dbstow_double_mongodb is not built",
            "serve: 0 started, 0 given, 2 skipped"])
        done = serve("--need-all", "postgres-18", "--", "sh", "-c", "exit 3", **nothing)
        self.assertEqual(done.returncode, 77, done)

    def test_a_command_that_is_not_there_is_a_failure(self):
        done = serve("jtds", "--", "/no/such/command")
        self.assertEqual(done.returncode, 127, done)
        self.assertIn("cannot run /no/such/command", done.stderr)

    def test_refuses_what_it_does_not_know(self):
        for arguments in (["oracle", "--", "true"], ["postgres-15"], ["--", "true"], ["postgres-15", "--"],
                          ["postgres-15:a=b", "--", "true"], []):
            self.assertEqual(serve(*arguments).returncode, 2, arguments)


class Ports(unittest.TestCase):
    def test_a_port_is_one_labs_until_it_closes(self):
        first, second = lab.Lab(), lab.Lab()
        port = first.free_port()
        with mock.patch("random.sample", return_value=[port]):
            self.assertRaises(lab.CannotStart, second.free_port)
            first.close()
            self.assertEqual(second.free_port(), port)
        second.close()


class Dependencies(unittest.TestCase):
    def install(self, failures):
        """(exit status, what apt-get was asked) when it fails so many times."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            asked = folder / "asked"
            for name, does in (("apt-get", f'echo "$*" >>{asked}; [ "$(wc -l <{asked})" -gt {failures} ]'),
                               ("dpkg-query", "exit 1"), ("sudo", '"$@"'), ("sleep", "")):
                (folder / name).write_text(f"#!/bin/sh\n{does}\n", encoding="ascii")
                (folder / name).chmod(0o755)
            done = subprocess.run([HERE.parents[1] / "scripts" / "dependencies", "packages", "thing"],
                                  env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, check=False,
                                  capture_output=True, text=True)
            words = asked.read_text(encoding="ascii").split()
            return done.returncode, [word for word in words if word in ("update", "install")]

    def test_a_mirror_that_fails_to_answer_once_is_asked_again(self):
        self.assertEqual(self.install(0), (0, ["update", "install"]))
        self.assertEqual(self.install(1), (0, ["update", "update", "install"]))
        self.assertEqual(self.install(99), (1, ["update"] * 3))


class Slow(installs.Cached):
    """Waits in the middle of its build until it is killed, unless told not to."""

    name = "slow"

    def build(self, folder):
        (folder / "first").write_text("1")
        if os.environ.get("SLOW_INSTALL"):
            time.sleep(600)
        (folder / "second").write_text("2")


class Install(unittest.TestCase):
    def test_a_killed_install_leaves_nothing_that_passes_for_one(self):
        with tempfile.TemporaryDirectory() as cache, mock.patch.dict(os.environ, DBSTOW_TEST_CACHE=cache):
            child = os.fork()
            if child == 0:
                os.environ["SLOW_INSTALL"] = "1"
                Slow().ensure()
                os._exit(0)
            await_that(lambda: list(pathlib.Path(cache).glob("slow-*.part/first")))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self.assertIn("not installed", Slow().missing())
            Slow().ensure()
            self.assertIsNone(Slow().missing())
            self.assertEqual(sorted(path.name for path in Slow().folder().iterdir()), ["first", "second"])
            self.assertEqual(len(list(pathlib.Path(cache).iterdir())), 2, "the install and its lock")

    def test_a_failed_install_is_a_reason_until_one_succeeds(self):
        with tempfile.TemporaryDirectory() as cache, mock.patch.dict(os.environ, DBSTOW_TEST_CACHE=cache):
            with mock.patch.object(Slow, "build", side_effect=installs.InstallFailed("no network")):
                self.assertRaises(installs.InstallFailed, Slow().ensure)
            self.assertEqual(Slow().missing(), "its install failed: no network")
            Slow().ensure()
            self.assertIsNone(Slow().missing())

    def test_what_fails_once_is_tried_again(self):
        thing = mock.Mock(installs=(Slow(),))
        with tempfile.TemporaryDirectory() as cache, mock.patch.dict(os.environ, DBSTOW_TEST_CACHE=cache):
            with mock.patch.object(Slow, "build", side_effect=[installs.InstallFailed("no answer"), None]):
                self.assertTrue(install.install_one(thing))
            shutil.rmtree(Slow().folder())
            with mock.patch.object(Slow, "build", side_effect=installs.InstallFailed("no answer")):
                self.assertFalse(install.install_one(thing))

    def test_other_pins_are_another_install(self):
        before = Slow().folder()
        with mock.patch.object(Slow, "pins", ("2",)):
            self.assertNotEqual(Slow().folder(), before)

    def test_what_the_machine_has_is_used_when_it_is_new_enough(self):
        def program(folder, name, says):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"#!/bin/sh\necho {says}\n", encoding="ascii")
            (folder / name).chmod(0o755)

        with tempfile.TemporaryDirectory() as scratch:
            machine = pathlib.Path(scratch) / "machine"
            path = f"{machine}:{os.environ['PATH']}"
            with mock.patch.dict(os.environ, DBSTOW_TEST_CACHE=scratch, PATH=path):
                bins = installs.NEW_NODE.folder() / "package" / "bin"
                program(bins, "node", "v22.21.1")
                program(installs.GO_WHEEL.folder() / "lib" / "go" / "bin", "go", "go1.26.1")
                for node, go, enough in (("v20.1.0", "go1.25.0", True), ("v18.20.4", "go1.19.8", False)):
                    program(machine, "node", node)
                    program(machine, "go", go)
                    installs.prefer_new_node()
                    self.assertEqual(shutil.which("node"), str((machine if enough else bins) / "node"))
                    self.assertEqual(str(installs.go_command()).startswith(str(machine)), enough)


if __name__ == "__main__":
    unittest.main()
