#!/usr/bin/python3
"""urls.py s3|blobs: full, differential and log backups to URLs and back from them, by tsql. tests/servers/serve
starts the double and versitygw or azurite, both of which we did not write, with TLS."""
import base64
import datetime
import hashlib
import hmac
import os
import pathlib
import re
import shutil
import ssl
import sys
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from freetds import Tsql, check, control  # noqa: E402

DOUBLE = "DBSTOW_TEST_DOUBLE_SQLSERVER"
MANY_ROWS = ("INSERT INTO remote.dbo.t SELECT REPLICATE(N'x', 4000) FROM sys.databases a CROSS JOIN "
             "sys.databases b CROSS JOIN sys.databases c CROSS JOIN sys.databases d CROSS JOIN "
             "sys.databases e")


def trust(certificate):
    """Puts the endpoint's certificate where the double looks for those that it trusts."""
    data = pathlib.Path(os.environ[DOUBLE + "_READY"]).parent / "data"
    shutil.copy(certificate, data / "ca-certificates.pem")


def os_error(client, sql, expected):
    out = client.step(sql, 3201, 3013)
    check(f"Operating system error {expected}(" in out, f"{sql} is OS error {expected}: {out}")


def numbers(out, column):
    """The values of a column of numbers that tsql printed."""
    rows = [line.split("\t") for line in out.splitlines() if "\t" in line]
    return [row[rows[0].index(column)] for row in rows[1:]]


def prove(client, bucket, credential, wrong, refusal):
    """`bucket` has no slash at its end; `wrong` is what the endpoint refuses, with that OS error."""
    full, differential, log = (f"{bucket}/shop/{name}.bak" for name in ("full", "diff", "log"))
    client.step("CREATE DATABASE remote")
    client.step("CREATE TABLE remote.dbo.t (a nvarchar(4000))")
    client.step(MANY_ROWS)
    backup = f"BACKUP DATABASE remote TO URL = '{full}'"
    os_error(client, backup, 50)  # no credential
    client.step(f"CREATE CREDENTIAL [{bucket}] WITH {credential}")
    client.step(backup + " WITH CHECKSUM")
    client.step(backup, 3296, 3013)
    client.step(backup + " WITH FORMAT, CHECKSUM")
    client.step("INSERT INTO remote.dbo.t VALUES (N'differential')")
    client.step(f"BACKUP DATABASE remote TO URL = '{differential}' WITH DIFFERENTIAL, COMPRESSION")
    client.step("INSERT INTO remote.dbo.t VALUES (N'log')")
    client.step(f"BACKUP LOG remote TO URL = '{log}', URL = '{log}.2'")
    client.step("INSERT INTO remote.dbo.t VALUES (N'tail')")
    client.step(f"BACKUP LOG remote TO URL = '{bucket}/tail.bak' WITH NORECOVERY")

    check(numbers(client.step(f"RESTORE HEADERONLY FROM URL = '{log}', URL = '{log}.2'"),
                  "DeviceType") == ["9"], "the device is a URL")
    client.step(f"RESTORE VERIFYONLY FROM URL = '{full}' WITH CHECKSUM")
    client.step(f"RESTORE VERIFYONLY FROM URL = '{log}'", 3132, 3013)
    os_error(client, f"RESTORE HEADERONLY FROM URL = '{bucket}/none.bak'", 2)

    client.step(f"RESTORE DATABASE remote FROM URL = '{full}' WITH NORECOVERY")
    client.step(f"RESTORE DATABASE remote FROM URL = '{differential}' WITH NORECOVERY")
    client.step(f"RESTORE LOG remote FROM URL = '{log}.2', URL = '{log}' WITH NORECOVERY")
    client.step(f"RESTORE LOG remote FROM URL = '{bucket}/tail.bak' WITH RECOVERY")
    out = client.step("SELECT COUNT(*) FROM remote.dbo.t")
    check("\n3128\n" in out, f"all rows are back: {out}")
    out = client.step("SELECT f.device_type FROM msdb.dbo.backupmediafamily f WHERE "
                      f"f.physical_device_name = N'{full}'")
    check("\n9\n" in out, f"msdb knows of the URL: {out}")

    # The most specific credential is taken.
    client.step(f"CREATE CREDENTIAL [{bucket}/shop] WITH {wrong}")
    os_error(client, f"RESTORE HEADERONLY FROM URL = '{full}'", refusal)
    os_error(client, backup + " WITH FORMAT", refusal)
    client.step(f"CREATE CREDENTIAL [{full}] WITH {credential}")
    client.step(f"RESTORE HEADERONLY FROM URL = '{full}'")
    client.step(f"DROP CREDENTIAL [{full}]")
    client.step(f"DROP CREDENTIAL [{bucket}/shop]")

    # Somebody who is not known there.
    trusted = pathlib.Path(os.environ[DOUBLE + "_READY"]).parent / "data/ca-certificates.pem"
    shutil.copy(os.environ[DOUBLE + "_CERTIFICATE"], trusted)
    os_error(client, f"RESTORE HEADERONLY FROM URL = '{full}'", 12175)


def break_upload(client, url):
    """A backup that ends in the middle of sending."""
    faults = {"command": "faults", "address": os.environ[DOUBLE + "_CONTROL"]}
    control(**faults, break_upload_at_part=2)
    client.step(f"BACKUP DATABASE remote TO URL = '{url}' WITH COPY_ONLY, FORMAT", 3202, 3013)
    control(**faults)


def outgrow(client, url, number):
    """A backup that needs more parts than the endpoint allows."""
    faults = {"command": "faults", "address": os.environ[DOUBLE + "_CONTROL"]}
    control(**faults, most_parts=1)
    client.step(f"BACKUP DATABASE remote TO URL = '{url}' WITH COPY_ONLY, FORMAT", number, 3013)
    control(**faults)


def s3(client):
    import boto3  # Debian's, which serve asks for
    import botocore.client

    address = urllib.parse.urlparse(os.environ["DBSTOW_TEST_VERSITYGW"])
    certificate = os.environ["DBSTOW_TEST_VERSITYGW_CERTIFICATE"]
    store = boto3.client("s3", endpoint_url=f"https://{address.hostname}:{address.port}",
                         aws_access_key_id=address.username, aws_secret_access_key=address.password,
                         region_name="us-east-1", verify=certificate,
                         config=botocore.client.Config(s3={"addressing_style": "path"}))
    store.create_bucket(Bucket="backups")
    trust(certificate)
    endpoint = f"s3://{address.hostname}:{address.port}"

    def key(secret):
        return f"IDENTITY = 'S3 Access Key', SECRET = '{address.username}:{secret}'"

    client.step(f"CREATE CREDENTIAL [{endpoint}/nowhere] WITH {key(address.password)}")
    os_error(client, f"BACKUP DATABASE model TO URL = '{endpoint}/nowhere/m.bak'", 50)
    client.step(f"CREATE CREDENTIAL [{endpoint}/odd] WITH IDENTITY = 'somebody', SECRET = 'a:b'")
    client.step(f"BACKUP DATABASE model TO URL = '{endpoint}/odd/m.bak'", 3233, 3013)
    prove(client, f"{endpoint}/backups", key(address.password), key("wrong"), 5)
    trust(certificate)
    break_upload(client, f"{endpoint}/backups/broken.bak")
    left = store.list_multipart_uploads(Bucket="backups")["Uploads"]
    check([one["Key"] for one in left] == ["broken.bak"], f"the upload is left: {left}")
    os_error(client, f"RESTORE HEADERONLY FROM URL = '{endpoint}/backups/broken.bak'", 2)
    outgrow(client, f"{endpoint}/backups/large.bak", 3236)
    parts = re.search(r"-(\d+)", store.head_object(Bucket="backups", Key="shop/full.bak")["ETag"])
    check(parts and int(parts.group(1)) > 1, f"the object came in parts: {parts}")


def account_sas(account, key):
    """A query that lets do everything with blobs until tomorrow, signed as Azure documents it."""
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    fields = {"sp": "rwdlac", "ss": "b", "srt": "sco", "se": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
              "spr": "https", "sv": "2019-12-12"}
    signed = "\n".join([account, fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "",
                        fields["spr"], fields["sv"], ""])
    digest = hmac.new(base64.b64decode(key), signed.encode(), hashlib.sha256).digest()
    return urllib.parse.urlencode({**fields, "sig": base64.b64encode(digest).decode()})


def blobs(client):
    text = os.environ["DBSTOW_TEST_AZURITE"]
    given = dict(pair.split("=", 1) for pair in text.split(";") if pair)
    certificate = os.environ["DBSTOW_TEST_AZURITE_CERTIFICATE"]
    container = given["BlobEndpoint"] + "/backups"
    sas = account_sas(given["AccountName"], given["AccountKey"])
    context = ssl.create_default_context(cafile=certificate)

    def put(url, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{url}&{sas}", method="PUT", headers={
            "Content-Length": "0", "x-ms-version": "2019-12-12", **headers})
        urllib.request.urlopen(request, context=context).close()

    put(f"{container}?restype=container")
    trust(certificate)

    def signature(secret):
        return f"IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = '{secret}'"

    other = account_sas(given["AccountName"], base64.b64encode(b"another key").decode())
    client.step(f"BACKUP DATABASE model TO URL = '{container}/m.bak' WITH CREDENTIAL = 'c'", 3225, 3013)
    prove(client, container, signature(sas), signature(other), 86)
    trust(certificate)
    break_upload(client, f"{container}/broken.bak")
    again = f"BACKUP DATABASE remote TO URL = '{container}/broken.bak' WITH COPY_ONLY, FORMAT"
    client.step(again, 3271, 3013)  # its lease is left
    put(f"{container}/broken.bak?comp=lease", x_ms_lease_action="break")
    client.step(again)
    outgrow(client, f"{container}/large.bak", 3063)


{"s3": s3, "blobs": blobs}[sys.argv[1]](Tsql(os.environ[DOUBLE]))
