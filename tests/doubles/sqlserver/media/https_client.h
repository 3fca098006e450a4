#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "dbstow/core/result.h"
#include "doubles/net/connection.h"
#include "doubles/sqlserver/media/http_answer.h"

namespace dbstow::doubles::sqlserver {

struct HttpRequest {
  std::string method = "GET";
  std::string host;
  std::uint16_t port = 443;
  std::string path;                            ///< not encoded
  std::map<std::string, std::string> query;    ///< the same; sorted, as signatures want it
  std::string raw_query;                       ///< encoded, put behind `query`: a SAS
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One request on a connection of its own, always TLS; trusts the certificates in one file. Blocks
/// for a minute at most, and not much longer than until `interrupted` says so.
class HttpsClient {
 public:
  HttpsClient(std::string trusted_pem, std::function<bool()> interrupted)
      : trusted_pem_(std::move(trusted_pem)), interrupted_(std::move(interrupted)) {}

  /// Errors: Unavailable and Timeout when nobody answers, Cancelled when interrupted, IOError else,
  /// of native system "openssl" when the endpoint is not to be trusted.
  [[nodiscard]] Result<HttpResponse> Send(const HttpRequest& request) const;

 private:
  [[nodiscard]] Result<void> Write(Connection& connection, std::string_view text,
                                   Deadline deadline) const;
  [[nodiscard]] Result<std::string> ReadToEnd(Connection& connection, Deadline deadline) const;

  std::string trusted_pem_;
  std::function<bool()> interrupted_;
};

/// Percent-encodes all but unreserved characters, and `/` too unless it is to be kept.
[[nodiscard]] std::string UrlEncode(std::string_view text, std::string_view kept = "");
/// `query` as it is sent.
[[nodiscard]] std::string EncodeQuery(const std::map<std::string, std::string>& query);

}  // namespace dbstow::doubles::sqlserver
