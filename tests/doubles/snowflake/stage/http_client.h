#pragma once

#include <map>
#include <string>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

struct ClientResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// Sends one plain HTTP request to `http://host:port` and reads the whole answer. Blocks for at
/// most half a minute. Errors: InvalidOptions for another kind of URL, Unavailable, IOError,
/// Timeout.
[[nodiscard]] Result<ClientResponse> SendHttp(const std::string& method, const std::string& url,
                                              const std::map<std::string, std::string>& headers,
                                              const std::string& body);

/// Takes an answer apart that ended with its connection. Errors: IOError. Safe for any bytes.
[[nodiscard]] Result<ClientResponse> ParseResponse(const std::string& bytes);

}  // namespace dbstow::doubles::snowflake
