"""The doubles: servers of ours for engines that cannot be had."""
import json
import os

from harness import installs
from harness.lab import CannotStart


def executable(target):
    """The newest build; DBSTOW_BUILD names the build folder to take it from."""
    build = os.environ.get("DBSTOW_BUILD")
    pattern = f"tests/doubles/*/{target}"
    base = installs.ROOT / "build"
    found = sorted(installs.pathlib.Path(build).glob(pattern) if build else base.glob("*/" + pattern),
                   key=lambda path: path.stat().st_mtime)
    if not found:
        raise CannotStart(f"{target} is not built")
    return found[-1]


class Double:
    installs = ()

    def __init__(self, product):
        self.name = f"double-{product}"
        self.variable = f"DBSTOW_TEST_DOUBLE_{product.upper()}"
        self._target = f"dbstow_double_{product}"
        self.settings = {}

    def start(self, lab, _given):
        folder = lab.data_folder(self.name)
        ready_file = folder / "ready.json"
        argv = [executable(self._target), "--data", folder / "data", "--ready-file", ready_file]
        for key, value in self.settings.items():
            argv += ["--set", f"{key}={value}"]
        lab.start(self.name, argv, ready=ready_file.exists)
        ready = json.loads(ready_file.read_text())
        return {self.variable: f"127.0.0.1:{ready['port']}",
                self.variable + "_CONTROL": f"127.0.0.1:{ready['control_port']}",
                self.variable + "_CERTIFICATE": ready["certificate"],
                self.variable + "_READY": str(ready_file)}
