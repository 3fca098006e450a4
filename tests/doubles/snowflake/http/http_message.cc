#include "doubles/snowflake/http/http_message.h"

#include <array>
#include <charconv>

#include "doubles/snowflake/stage/gzip.h"

namespace dbstow::doubles::snowflake {
namespace {

Error Malformed(const char* what) {
  return Error(ErrorCode::kInvalidOptions, std::string("not an HTTP/1.1 request: ") + what);
}

Error TooBig(const char* what) {
  return Error(ErrorCode::kOutOfSpace, std::string("too big: ") + what);
}

std::string Lower(std::string_view text) {
  std::string lower;
  for (const char letter : text) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void ParseTarget(std::string_view target, HttpRequest& request) {
  const size_t mark = target.find('?');
  request.path = PercentDecode(target.substr(0, mark));
  if (mark == std::string_view::npos) return;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const size_t equal = std::min(pair.find('='), pair.size());
    const std::string value =
        equal < pair.size() ? PercentDecode(pair.substr(equal + 1)) : std::string();
    request.query[PercentDecode(pair.substr(0, equal))] = value;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

Result<void> ParseHead(std::string_view head, HttpRequest& request) {
  size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, line_end);
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last == first ||
      !line.substr(last + 1).starts_with("HTTP/1.")) {
    return Malformed("the request line");
  }
  request.method = std::string(line.substr(0, first));
  ParseTarget(line.substr(first + 1, last - first - 1), request);
  while (line_end < head.size()) {
    const size_t from = line_end + 2;
    line_end = std::min(head.find("\r\n", from), head.size());
    const std::string_view header = head.substr(from, line_end - from);
    const size_t colon = header.find(':');
    if (colon == std::string_view::npos || colon == 0) return Malformed("a header");
    request.headers[Lower(header.substr(0, colon))] = std::string(Trim(header.substr(colon + 1)));
  }
  return {};
}

/// None while the body is not whole.
Result<std::optional<size_t>> TakeChunked(std::string_view bytes, std::string& body) {
  size_t at = 0;
  while (true) {
    const size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string_view::npos) {
      if (bytes.size() - at > 1024) return Malformed("a chunk size");
      return std::optional<size_t>();
    }
    size_t size = 0;
    const auto read = std::from_chars(bytes.data() + at, bytes.data() + line_end, size, 16);
    if (read.ec != std::errc() || read.ptr == bytes.data() + at) return Malformed("a chunk size");
    if (size > kMostBodyBytes - std::min(body.size(), kMostBodyBytes)) return TooBig("the body");
    at = line_end + 2;
    if (bytes.size() - at < size + 2) return std::optional<size_t>();
    if (bytes.substr(at + size, 2) != "\r\n") return Malformed("the end of a chunk");
    body.append(bytes.substr(at, size));
    at += size + 2;
    if (size == 0) return std::optional<size_t>(at);
  }
}

Result<std::optional<size_t>> TakeSized(std::string_view bytes, const std::string& length,
                                        std::string& body) {
  size_t size = 0;
  const auto read = std::from_chars(length.data(), length.data() + length.size(), size);
  if (length.empty() || read.ec != std::errc() || read.ptr != length.data() + length.size()) {
    return Malformed("Content-Length");
  }
  if (size > kMostBodyBytes) return TooBig("the body");
  if (bytes.size() < size) return std::optional<size_t>();
  body = std::string(bytes.substr(0, size));
  return std::optional<size_t>(size);
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Payload Too Large";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace

std::string HttpRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string HttpRequest::Query(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, code, 16).ptr ==
            text.data() + at + 3) {
      decoded += static_cast<char>(code);
      at += 2;
    } else {
      decoded += text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 ||
        std::string_view("-_.~").find(letter) != std::string_view::npos) {
      encoded += letter;
      continue;
    }
    std::array<char, 4> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%%%02X", byte);
    encoded += buffer.data();
  }
  return encoded;
}

Result<std::optional<size_t>> ParseRequest(std::string_view bytes, HttpRequest& request) {
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    if (bytes.size() > kMostHeaderBytes) return TooBig("the headers");
    return std::optional<size_t>();
  }
  if (head_end > kMostHeaderBytes) return TooBig("the headers");
  request = HttpRequest{};
  DBSTOW_TRY(ParseHead(bytes.substr(0, head_end), request));
  const std::string_view rest = bytes.substr(head_end + 4);
  std::optional<size_t> taken = 0;
  if (Lower(request.Header("transfer-encoding")) == "chunked") {
    DBSTOW_ASSIGN(taken, TakeChunked(rest, request.body));
  } else if (request.headers.count("content-length") > 0) {
    DBSTOW_ASSIGN(taken, TakeSized(rest, request.Header("content-length"), request.body));
  }
  if (!taken) return std::optional<size_t>();
  if (Lower(request.Header("content-encoding")) == "gzip") {
    DBSTOW_ASSIGN(request.body, Gunzip(request.body, kMostBodyBytes));
  }
  return std::optional<size_t>(head_end + 4 + *taken);
}

std::string Serialize(const HttpResponse& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(ReasonOf(response.status)) + "\r\n";
  text += "Content-Type: " + response.content_type + "\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n\r\n";
  return text + response.body;
}

}  // namespace dbstow::doubles::snowflake
