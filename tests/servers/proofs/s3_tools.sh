#!/usr/bin/env bash
# s3_tools.sh VARIABLE: rclone and s3cmd read each other's objects there.
set -euo pipefail
address=${!1}
credentials=${address#http://} host=${address##*@}
credentials=${credentials%@*}
access=${credentials%%:*} secret=${credentials#*:}
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
export RCLONE_CONFIG=$folder/none RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other \
  RCLONE_CONFIG_S_ENDPOINT=http://$host RCLONE_CONFIG_S_ACCESS_KEY_ID=$access \
  RCLONE_CONFIG_S_SECRET_ACCESS_KEY=$secret
cat >"$folder/s3cfg" <<END
[default]
access_key = $access
secret_key = $secret
host_base = $host
host_bucket = $host
use_https = False
END
unset AWS_CA_BUNDLE  # plain HTTP; rclone refuses to start with one
head -c 300000 /dev/urandom >"$folder/data"
rclone mkdir s:tools
rclone copyto "$folder/data" s:tools/from-rclone
s3cmd -q -c "$folder/s3cfg" put "$folder/data" s3://tools/from-s3cmd
s3cmd -q -c "$folder/s3cfg" get s3://tools/from-rclone "$folder/first"
rclone copyto s:tools/from-s3cmd "$folder/second"
cmp "$folder/data" "$folder/first"
cmp "$folder/data" "$folder/second"
