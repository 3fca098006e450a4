"""Ceph's S3: one monitor, one object store in memory, one radosgw, without authentication among them."""
import secrets
import subprocess
import uuid

from harness import installs
from harness.lab import CannotStart, answers_http
from kinds.storage import s3_address

CONFIG = """[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon}/0]
auth cluster required = none
auth service required = none
auth client required = none
public addr = 127.0.0.1
ms bind msgr1 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = {folder}
admin socket = {folder}/$name.sock
log file = {folder}/$name.log
keyring = {folder}/keyring

[mon.a]
mon data = {folder}/mon
mon initial members = a

[osd.0]
osd data = {folder}/osd

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw dns name = localhost
# Without authentication there is no key to encrypt with, which radosgw wants by default.
ms mon client mode = crc
"""


class Radosgw:
    name = "radosgw"
    variable = "DBSTOW_TEST_RADOSGW"
    installs = (installs.Debian("radosgw", "ceph-mon", "ceph-osd"),)

    def start(self, lab, _given):
        folder = lab.data_folder(self.name)
        tools = Tools(folder / "ceph.conf")
        cluster, port, monitor = str(uuid.uuid4()), lab.free_port(), lab.free_port()
        tools.config.write_text(CONFIG.format(fsid=cluster, mon=monitor, folder=folder, port=port))
        (folder / "keyring").write_text("")
        start_monitor(lab, tools, folder, cluster, monitor)
        start_storage(lab, tools, folder)
        access, secret = "dbstow", secrets.token_hex(20)
        tools.run("radosgw-admin", "user", "create", "--uid=dbstow", "--display-name=dbstow",
                  f"--access-key={access}", f"--secret-key={secret}")
        lab.start("radosgw-gateway", tools.argv("radosgw", "-f", "-n", "client.rgw"),
                  ready=lambda: answers_http(port))
        return {self.variable: s3_address(access, secret, port)}


def start_monitor(lab, tools, folder, cluster, port):
    (folder / "mon").mkdir()
    monitors = str(folder / "monmap")
    tools.run("monmaptool", "--create", "--clobber", "--fsid", cluster, "--addv", "a",
              f"[v2:127.0.0.1:{port}]", monitors)
    tools.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors)
    lab.start("radosgw-monitor", tools.argv("ceph-mon", "-f", "-i", "a"),
              ready=lambda: tools.succeeds("ceph", "--connect-timeout", "5", "mon", "stat"))


def start_storage(lab, tools, folder):
    (folder / "osd").mkdir()
    identity = str(uuid.uuid4())
    tools.run("ceph", "osd", "new", identity, "0")
    tools.run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", identity)
    lab.start("radosgw-storage", tools.argv("ceph-osd", "-f", "-i", "0"),
              ready=lambda: " up " in tools.run("ceph", "osd", "dump"))


class Tools:
    """Ceph's programs with our configuration."""

    def __init__(self, config):
        self.config = config

    def argv(self, program, *arguments):
        return [program, "-c", str(self.config), *arguments]

    def run(self, *words):
        argv = self.argv(*words)
        try:
            done = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=180)
        except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
            raise CannotStart(f"{words[0]}: {problem}") from problem
        if done.returncode != 0:
            raise CannotStart(f"{words[0]}: " + " | ".join(done.stderr.splitlines()[-3:]))
        return done.stdout

    def succeeds(self, *words):
        try:
            self.run(*words)
            return True
        except CannotStart:
            return False
