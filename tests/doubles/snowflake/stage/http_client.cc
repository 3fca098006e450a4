#include "doubles/snowflake/stage/http_client.h"

#include <array>
#include <charconv>

#include "doubles/net/connection.h"

namespace dbstow::doubles::snowflake {
namespace {

constexpr std::chrono::seconds kMost{30};

Error Malformed(const char* what) {
  return Error(ErrorCode::kIoError, std::string("the store's answer is malformed: ") + what);
}

Result<std::string> Unchunk(const std::string& bytes) {
  std::string body;
  size_t at = 0;
  while (true) {
    const size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string::npos) return Malformed("a chunk size");
    size_t size = 0;
    const auto read = std::from_chars(bytes.data() + at, bytes.data() + line_end, size, 16);
    if (read.ptr == bytes.data() + at) return Malformed("a chunk size");
    at = line_end + 2;
    if (size == 0) return body;
    if (bytes.size() < at || bytes.size() - at < size) return Malformed("a chunk");
    body.append(bytes, at, size);
    at += size + 2;
  }
}

}  // namespace

Result<ClientResponse> ParseResponse(const std::string& bytes) {
  const size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string::npos || !bytes.starts_with("HTTP/1.") || bytes.size() < 12)
    return Malformed("the head");
  ClientResponse response;
  response.status = std::atoi(bytes.c_str() + 9);
  size_t line_end = bytes.find("\r\n");
  while (line_end < head_end) {
    const size_t from = line_end + 2;
    line_end = bytes.find("\r\n", from);
    const std::string line = bytes.substr(from, line_end - from);
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return Malformed("a header");
    std::string name = line.substr(0, colon);
    for (char& letter : name)
      letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    size_t value = colon + 1;
    while (value < line.size() && line[value] == ' ') ++value;
    response.headers[name] = line.substr(value);
  }
  response.body = bytes.substr(head_end + 4);
  if (response.headers["transfer-encoding"] == "chunked") {
    DBSTOW_ASSIGN(response.body, Unchunk(response.body));
  }
  return response;
}

Result<ClientResponse> SendHttp(const std::string& method, const std::string& url,
                                const std::map<std::string, std::string>& headers,
                                const std::string& body) {
  constexpr std::string_view kScheme = "http://";
  const size_t path = url.find('/', kScheme.size());
  const std::string authority =
      url.substr(std::min(kScheme.size(), url.size()), path - kScheme.size());
  const size_t colon = authority.find(':');
  if (!url.starts_with(kScheme) || path == std::string::npos || colon == std::string::npos) {
    return Error(ErrorCode::kInvalidOptions, "only http://host:port/… can be reached");
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(authority.c_str() + colon + 1));
  DBSTOW_ASSIGN(const auto connection,
                Connection::Dial(authority.substr(0, colon), port, {}, In(kMost)));
  std::string request = method + " " + url.substr(path) + " HTTP/1.1\r\nHost: " + authority +
                        "\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  DBSTOW_TRY(connection->WriteAll(AsBytes(request), In(kMost)));
  std::string answer;
  std::array<std::byte, 16384> part{};
  while (true) {
    DBSTOW_ASSIGN(const std::size_t size, connection->Read(part, In(kMost)));
    if (size == 0) break;
    answer.append(AsText(ByteView(part).first(size)));
  }
  return ParseResponse(answer);
}

}  // namespace dbstow::doubles::snowflake
