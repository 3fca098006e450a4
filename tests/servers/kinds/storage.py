"""Object stores: S3 (Ceph's radosgw, versitygw, moto) and Azure (azurite)."""
import base64
import secrets
import sys

from harness import installs
from harness.lab import answers_http, need_command


class Tls:
    """What the setting tls=on changes, for stores that take the files of a certificate."""

    def __init__(self, lab, settings):
        self.certificate, self._key = lab.certificate() if settings.get("tls") == "on" else (None, None)
        self.scheme = "https" if self.certificate else "http"
        self.host = "localhost" if self.certificate else "127.0.0.1"

    def arguments(self):
        return ["--cert", self.certificate, "--key", self._key] if self.certificate else []

    def variables(self, variable):
        return {variable + "_CERTIFICATE": str(self.certificate)} if self.certificate else {}


class Azurite:
    name = "azurite"
    variable = "DBSTOW_TEST_AZURITE"
    package = installs.Npm("azurite", "3.35.0")
    installs = (package,)
    settings = {}

    def start(self, lab, _given):
        port, tls = lab.free_port(), Tls(lab, self.settings)
        account, key = "dbstow", base64.b64encode(secrets.token_bytes(32)).decode()
        lab.start(self.name,
                  [need_command("node"), self.package.modules() / "azurite/dist/src/blob/main.js",
                   "--blobHost", "127.0.0.1", "--blobPort", port, "--location",
                   lab.data_folder(self.name), "--silent", "--skipApiVersionCheck", "--disableTelemetry",
                   *tls.arguments()],
                  environment={"AZURITE_ACCOUNTS": f"{account}:{key}"},
                  ready=lambda: answers_http(port, tls.certificate))
        return {self.variable: f"DefaultEndpointsProtocol={tls.scheme};AccountName={account};"
                               f"AccountKey={key};BlobEndpoint={tls.scheme}://{tls.host}:{port}/{account};",
                **tls.variables(self.variable)}


def s3_address(access, secret, port):
    return f"http://{access}:{secret}@127.0.0.1:{port}"


class Versitygw:
    name = "versitygw"
    variable = "DBSTOW_TEST_VERSITYGW"
    build = installs.Go("versitygw", versitygw="github.com/versity/versitygw/cmd/versitygw")
    installs = (build,)
    settings = {}

    def start(self, lab, _given):
        port, tls = lab.free_port(), Tls(lab, self.settings)
        access, secret = "dbstow", secrets.token_hex(20)
        lab.start(self.name,
                  [self.build.program("versitygw"), "--port", f"127.0.0.1:{port}", "--quiet",
                   *tls.arguments(), "posix", lab.data_folder(self.name)],
                  environment={"ROOT_ACCESS_KEY": access, "ROOT_SECRET_KEY": secret},
                  ready=lambda: answers_http(port, tls.certificate))
        return {self.variable: f"{tls.scheme}://{access}:{secret}@{tls.host}:{port}",
                **tls.variables(self.variable)}


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
