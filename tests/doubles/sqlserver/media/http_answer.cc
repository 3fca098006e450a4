#include "doubles/sqlserver/media/http_answer.h"

#include <charconv>

#include "doubles/sqlserver/value/text.h"

namespace dbstow::doubles::sqlserver {
namespace {

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
    const std::string_view head = rest.substr(0, line);
    if (!ParseNumber(head.substr(0, head.find(';')), size, 16)) {
      return Broken("a chunk has no size");
    }
    rest.remove_prefix(line + 2);
    if (size == 0) return body;
    if (size > rest.size() || rest.size() - size < 2) return Broken("a chunk is short");
    body += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
}

}  // namespace

Result<HttpResponse> ParseHttpAnswer(std::string_view answer, bool head) {
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

}  // namespace dbstow::doubles::sqlserver
