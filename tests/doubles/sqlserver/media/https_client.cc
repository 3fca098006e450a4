#include "doubles/sqlserver/media/https_client.h"

#include <array>
#include <cctype>
#include <chrono>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024 * 1024;
constexpr std::size_t kWritePiece = 256 * 1024;
constexpr auto kLookAround = std::chrono::milliseconds(100);

}  // namespace

std::string UrlEncode(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ||
                       c == '_' || c == '~' || kept.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : "%" + HexUpper({&c, 1});
  }
  return out;
}

std::string EncodeQuery(const std::map<std::string, std::string>& query) {
  std::string out;
  for (const auto& [name, value] : query) {
    out += (out.empty() ? "" : "&") + UrlEncode(name) + "=" + UrlEncode(value);
  }
  return out;
}

Result<HttpResponse> HttpsClient::Send(const HttpRequest& request) const {
  const Deadline deadline = In(std::chrono::minutes(1));
  DBSTOW_ASSIGN(const std::unique_ptr<Connection> connection,
                Connection::Dial(request.host, request.port, {}, deadline));
  DBSTOW_TRY(connection->StartTlsAsClient(trusted_pem_, request.host, {}, deadline));
  std::string query = EncodeQuery(request.query);
  if (!request.raw_query.empty()) query += (query.empty() ? "" : "&") + request.raw_query;
  std::string text = request.method + " " + UrlEncode(request.path, "/") +
                     (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\n";
  text += "Host: " + request.host + ":" + std::to_string(request.port) + "\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  text +=
      "Content-Length: " + std::to_string(request.body.size()) + "\r\nConnection: close\r\n\r\n";
  const Result<void> written = Write(*connection, text + request.body, deadline);
  if (!written && written.error().code() == ErrorCode::kCancelled) return written.error();
  // A server may refuse before it has read everything: its answer says more than the broken pipe.
  const Result<std::string> answer = ReadToEnd(*connection, deadline);
  if (!answer) return written ? answer.error() : written.error();
  return ParseHttpAnswer(*answer, request.method == "HEAD");
}

Result<void> HttpsClient::Write(Connection& connection, std::string_view text,
                                Deadline deadline) const {
  while (!text.empty()) {
    if (interrupted_()) return Error(ErrorCode::kCancelled, "interrupted");
    const std::string_view piece = text.substr(0, kWritePiece);
    DBSTOW_TRY(connection.WriteAll(AsBytes(piece), deadline));
    text.remove_prefix(piece.size());
  }
  return {};
}

Result<std::string> HttpsClient::ReadToEnd(Connection& connection, Deadline deadline) const {
  std::string answer;
  std::array<std::byte, 65536> chunk;
  while (answer.size() < kLargestAnswer) {
    const Deadline soon = In(kLookAround);
    const Result<std::size_t> size = connection.Read(chunk, soon);
    if (!size && size.error().code() == ErrorCode::kTimeout && *soon.at() < *deadline.at()) {
      if (interrupted_()) return Error(ErrorCode::kCancelled, "interrupted");
      continue;
    }
    // Some servers end TLS without a goodbye; what is missing shows in the answer.
    if (!size && answer.empty()) return size.error();
    if (!size || *size == 0) break;
    answer += AsText(ByteView(chunk).first(*size));
  }
  return answer;
}

}  // namespace dbstow::doubles::sqlserver
