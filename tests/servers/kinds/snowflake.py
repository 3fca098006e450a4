"""fakesnow: Snowflake's session protocol on DuckDB, in a few of its features."""
import sys

from harness import installs
from harness.lab import answers_http

LAUNCH = """
import sys, uvicorn
from fakesnow.server import app
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


class Fakesnow:
    name = "fakesnow"
    variable = "DBSTOW_TEST_FAKESNOW"
    package = installs.Pypi("fakesnow", "fakesnow.txt")
    installs = (package,)

    def start(self, lab, _given):
        port = lab.free_port()
        lab.start(self.name, [sys.executable, "-c", LAUNCH, port],
                  environment=self.package.environment(), folder=lab.data_folder(self.name),
                  ready=lambda: answers_http(port))
        return {self.variable: f"http://127.0.0.1:{port}",
                self.variable + "_PYTHONPATH": str(self.package.folder() / "lib")}
