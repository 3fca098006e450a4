#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::snowflake {

struct HttpRequest {
  std::string method;
  std::string path;                            ///< without the query, percent-decoded
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< no longer compressed

  [[nodiscard]] std::string Header(const std::string& name) const;
  [[nodiscard]] std::string Query(const std::string& name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  std::string body;
  bool drop = false;       ///< a fault: the connection ends instead of this answer
  bool cut_short = false;  ///< a fault: it ends in the middle of the body
};

inline constexpr size_t kMostHeaderBytes = 64 * 1024;
inline constexpr size_t kMostBodyBytes = 256 * 1024 * 1024;

/// Reads one request from the front of what a peer has sent. Returns how many bytes it took, none
/// while it is not whole. Errors: InvalidOptions for what is no HTTP/1.1 request, OutOfSpace for
/// one that is too big. Safe for any bytes.
[[nodiscard]] Result<std::optional<size_t>> ParseRequest(std::string_view bytes,
                                                         HttpRequest& request);
[[nodiscard]] std::string Serialize(const HttpResponse& response);
[[nodiscard]] std::string PercentDecode(std::string_view text);
[[nodiscard]] std::string PercentEncode(std::string_view text);

}  // namespace dbstow::doubles::snowflake
