"""s3.py VARIABLE: boto3 puts objects there, whole and in parts, and reads them back; a wrong key is
refused where the store checks keys at all (moto does not)."""
import os
import sys
import urllib.parse

import boto3
import botocore.client
import botocore.exceptions


def client(address, secret):
    endpoint = f"http://{address.hostname}:{address.port}"
    config = botocore.client.Config(s3={"addressing_style": "path"}, signature_version="s3v4",
                                    retries={"max_attempts": 0})
    return boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=address.username,
                        aws_secret_access_key=secret, region_name="us-east-1", config=config)


address = urllib.parse.urlparse(os.environ[sys.argv[1]])
s3 = client(address, address.password)
s3.create_bucket(Bucket="proof")
s3.put_object(Bucket="proof", Key="folder/a b+c", Body=b"kept")
assert s3.get_object(Bucket="proof", Key="folder/a b+c")["Body"].read() == b"kept"
parts = [b"1" * (5 << 20), b"2"]
upload = s3.create_multipart_upload(Bucket="proof", Key="parts")["UploadId"]
tags = [{"PartNumber": number, "ETag": s3.upload_part(Bucket="proof", Key="parts", UploadId=upload,
                                                      PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)]
s3.complete_multipart_upload(Bucket="proof", Key="parts", UploadId=upload, MultipartUpload={"Parts": tags})
assert s3.get_object(Bucket="proof", Key="parts")["Body"].read() == b"".join(parts)
listed = s3.list_objects_v2(Bucket="proof")["Contents"]
assert [item["Key"] for item in listed] == ["folder/a b+c", "parts"], listed
if sys.argv[1] != "DBSTOW_TEST_MOTO":
    try:
        client(address, "wrong").list_buckets()
    except botocore.exceptions.ClientError as refusal:
        assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == 403, refusal
    else:
        raise AssertionError("a wrong key was taken")
