#!/usr/bin/env python3
"""ends_test.py NAME: nothing of that server outlives `serve`, whether `serve` or its command is killed
with -9. Ends with 77 and serve's own line when the server cannot be had."""
import os
import pathlib
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from harness import catalog  # noqa: E402
from lingering import Lingering, accepts, await_that, processes_of  # noqa: E402

EXIT_SKIPPED = 77


def kill_serve(lingering):
    lingering.process.kill()
    lingering.process.wait()


def kill_command(lingering):
    os.kill(lingering.command, signal.SIGKILL)
    status = lingering.process.wait()
    assert status == 128 + signal.SIGKILL, status
    # A serve that ends by itself leaves nothing for later.
    assert not lingering.folder.exists()


def check(name, end):
    """0, or 77 when it cannot be had."""
    with tempfile.TemporaryDirectory() as name_of_folder:
        scratch = pathlib.Path(name_of_folder)
        lingering = Lingering(name, catalog.everything()[name].variable, scratch)
        try:
            if lingering.command is None:
                print(lingering.process.stdout.read(), end="")
                return lingering.process.returncode
            servers = lingering.servers()
            assert servers, "no process of the server was found"
            assert accepts(lingering.address), lingering.address
            end(lingering)
            await_that(lambda: not processes_of(scratch))
            await_that(lambda: not lingering.folder.exists())
            assert not accepts(lingering.address), lingering.address
            print(f"{end.__name__}: {len(servers)} processes of {name} ended")
            return 0
        finally:
            lingering.close()


def main(name):
    for end in (kill_serve, kill_command):
        status = check(name, end)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
