#include "doubles/sqlserver/media/https_client.h"

#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024 * 1024;
constexpr std::size_t kWritePiece = 256 * 1024;
constexpr auto kLookAround = std::chrono::milliseconds(100);

Error Broken(const std::string& what) { return Error(ErrorCode::kIoError, "HTTP: " + what); }

std::string Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

template <class Number>
bool ParseNumber(std::string_view text, Number& number, int base) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return problem == std::errc() && end == text.data() + text.size();
}

Result<std::string> Unchunk(std::string_view rest) {
  std::string body;
  while (true) {
    const auto line = rest.find("\r\n");
    if (line == std::string_view::npos) return Broken("a chunk is missing");
    std::size_t size = 0;
    if (!ParseNumber(rest.substr(0, rest.substr(0, line).find(';')), size, 16)) {
      return Broken("a chunk has no size");
    }
    rest.remove_prefix(line + 2);
    if (size == 0) return body;
    if (size > rest.size() || rest.size() - size < 2) return Broken("a chunk is short");
    body += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
}

// The whole answer, as it came until the server closed.
Result<HttpResponse> Parse(std::string_view answer, bool head) {
  const auto end = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.") || end == std::string_view::npos) {
    return Broken("not an answer");
  }
  HttpResponse response;
  std::string_view lines = answer.substr(0, end + 2);
  if (!ParseNumber(lines.substr(9, 3), response.status, 10)) return Broken("no status");
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return Broken("not a header");
    response.headers[ToLower(line.substr(0, colon))] = Trimmed(line.substr(colon + 1));
    lines.remove_prefix(line.size() + 2);
  }
  const std::string_view rest = answer.substr(end + 4);
  if (head) return response;
  if (response.headers["transfer-encoding"] == "chunked") {
    DBSTOW_ASSIGN(response.body, Unchunk(rest));
    return response;
  }
  const std::string& length = response.headers["content-length"];
  std::size_t size = rest.size();
  if (!length.empty() && (!ParseNumber(length, size, 10) || size > rest.size())) {
    return Broken("the answer was cut");
  }
  response.body = std::string(rest.substr(0, size));
  return response;
}

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
  return Parse(*answer, request.method == "HEAD");
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
