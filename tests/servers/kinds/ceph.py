"""Ceph's S3: one monitor, one object store in memory, one radosgw, without authentication among them."""
import os
import secrets
import subprocess
import uuid

from harness import installs
from harness.lab import CannotStart, answers_http, free_port
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
rgw zone = default
rgw dns name = localhost
rgw verify ssl = false
"""


class Radosgw:
    name = "radosgw"
    variable = "DBSTOW_TEST_RADOSGW"
    installs = (installs.Debian("radosgw", "ceph-mon", "ceph-osd"),)

    def start(self, lab, _given):
        folder = lab.data_folder(self.name)
        config = folder / "ceph.conf"
        port, monitor = free_port(), free_port()
        config.write_text(CONFIG.format(fsid=uuid.uuid4(), mon=monitor, folder=folder, port=port))
        (folder / "keyring").write_text("")
        ceph = _Tools(config)
        self._start_monitor(lab, ceph, folder, monitor)
        self._start_storage(lab, ceph, folder)
        access, secret = "dbstow", secrets.token_hex(20)
        ceph.run("radosgw-admin", "user", "create", "--uid=dbstow", "--display-name=dbstow",
                 f"--access-key={access}", f"--secret-key={secret}")
        lab.start("radosgw-gateway", ceph.argv("radosgw", "-f", "-n", "client.rgw"),
                  ready=lambda: answers_http(port))
        return {self.variable: s3_address(access, secret, port)}

    @staticmethod
    def _start_monitor(lab, ceph, folder, monitor):
        (folder / "mon").mkdir()
        ceph.run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{monitor}]", "--fsid",
                 str(uuid.uuid4()), str(folder / "monmap"), plain=True)
        ceph.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(folder / "monmap"))
        lab.start("radosgw-monitor", ceph.argv("ceph-mon", "-f", "-i", "a"),
                  ready=lambda: ceph.succeeds("ceph", "--connect-timeout", "5", "mon", "stat"))

    @staticmethod
    def _start_storage(lab, ceph, folder):
        (folder / "osd").mkdir()
        ceph.run("ceph", "osd", "create", str(uuid.uuid4()), "0")
        ceph.run("ceph-osd", "--mkfs", "-i", "0")
        lab.start("radosgw-storage", ceph.argv("ceph-osd", "-f", "-i", "0"),
                  ready=lambda: ceph.succeeds("ceph", "--connect-timeout", "5", "osd", "find", "0"))


class _Tools:
    def __init__(self, config):
        self._config = config

    def argv(self, program, *arguments):
        return [program, "-c", str(self._config), *arguments]

    def run(self, program, *arguments, plain=False):
        argv = [program, *arguments] if plain else self.argv(program, *arguments)
        try:
            done = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=180)
        except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
            raise CannotStart(f"{program}: {problem}") from problem
        if done.returncode != 0:
            raise CannotStart(f"{program}: " + " | ".join(done.stderr.splitlines()[-3:]))
        return done.stdout

    def succeeds(self, program, *arguments):
        try:
            self.run(program, *arguments)
            return True
        except CannotStart:
            return False
