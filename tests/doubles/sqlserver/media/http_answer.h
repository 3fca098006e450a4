#pragma once

#include <map>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::sqlserver {

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// The whole answer of a server that closed after it; `head`: to a HEAD, which has no body. Never
/// trusts its input. Errors: IOError.
[[nodiscard]] Result<HttpResponse> ParseHttpAnswer(std::string_view answer, bool head);

}  // namespace dbstow::doubles::sqlserver
