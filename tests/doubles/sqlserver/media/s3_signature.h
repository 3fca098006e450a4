#pragma once

#include <string>

#include "doubles/sqlserver/media/https_client.h"

namespace dbstow::doubles::sqlserver {

struct S3Key {
  std::string id;
  std::string secret;
  std::string region = "us-east-1";
};

/// Signs by AWS Signature Version 4; `now` is "20261126T114020Z".
void SignS3(HttpRequest& request, const S3Key& key, const std::string& now);

}  // namespace dbstow::doubles::sqlserver
