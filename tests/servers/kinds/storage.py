"""Object stores: S3 (Ceph's radosgw, versitygw, moto) and Azure (azurite)."""
import base64
import secrets
import sys

from harness import installs
from harness.lab import answers_http, need_command


class Azurite:
    name = "azurite"
    variable = "DBSTOW_TEST_AZURITE"
    package = installs.Npm("azurite", "3.35.0")
    installs = (package,)

    def start(self, lab, _given):
        port = lab.free_port()
        account, key = "dbstow", base64.b64encode(secrets.token_bytes(32)).decode()
        lab.start(self.name,
                  [need_command("node"), self.package.modules() / "azurite/dist/src/blob/main.js",
                   "--blobHost", "127.0.0.1", "--blobPort", port, "--location",
                   lab.data_folder(self.name), "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
                  environment={"AZURITE_ACCOUNTS": f"{account}:{key}"},
                  ready=lambda: answers_http(port))
        return {self.variable: f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};"
                               f"BlobEndpoint=http://127.0.0.1:{port}/{account};"}


def s3_address(access, secret, port):
    return f"http://{access}:{secret}@127.0.0.1:{port}"


class Versitygw:
    name = "versitygw"
    variable = "DBSTOW_TEST_VERSITYGW"
    build = installs.Go("versitygw", versitygw="github.com/versity/versitygw/cmd/versitygw")
    installs = (build,)

    def start(self, lab, _given):
        port = lab.free_port()
        access, secret = "dbstow", secrets.token_hex(20)
        lab.start(self.name,
                  [self.build.program("versitygw"), "--port", f"127.0.0.1:{port}", "--quiet", "posix",
                   lab.data_folder(self.name)],
                  environment={"ROOT_ACCESS_KEY": access, "ROOT_SECRET_KEY": secret},
                  ready=lambda: answers_http(port))
        return {self.variable: s3_address(access, secret, port)}


class Moto:
    """Takes any key."""

    name = "moto"
    variable = "DBSTOW_TEST_MOTO"
    package = installs.Pypi("moto", "moto.txt")
    installs = (package,)

    def start(self, lab, _given):
        port = lab.free_port()
        lab.start(self.name, [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port],
                  environment=self.package.environment(), ready=lambda: answers_http(port))
        return {self.variable: s3_address("dbstow", "any", port)}
