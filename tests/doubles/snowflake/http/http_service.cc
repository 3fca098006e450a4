#include "doubles/snowflake/http/http_service.h"

#include <array>

namespace dbstow::doubles::snowflake {
namespace {

constexpr std::chrono::minutes kSilence{2};
constexpr std::chrono::seconds kHandshake{10};

HttpResponse Refusal(const Error& error) {
  HttpResponse response;
  response.status = error.code() == ErrorCode::kOutOfSpace ? 413 : 400;
  response.content_type = "text/plain";
  response.body = error.message();
  response.headers["Connection"] = "close";
  return response;
}

/// False when the connection has ended or must end.
bool ServeOne(Connection& connection, const HttpHandler& handler, std::string& buffer,
              const std::stop_token& stop) {
  HttpRequest request;
  while (true) {
    const auto taken = buffer.empty() ? Result<std::optional<size_t>>(std::optional<size_t>())
                                      : ParseRequest(buffer, request);
    if (!taken) {
      static_cast<void>(
          connection.WriteAll(AsBytes(Serialize(Refusal(taken.error()))), In(kHandshake)));
      return false;
    }
    if (*taken) {
      buffer.erase(0, **taken);
      break;
    }
    std::array<std::byte, 16384> part{};
    const auto read = connection.Read(part, In(kSilence));
    if (!read || *read == 0) return false;
    buffer.append(AsText(ByteView(part).first(*read)));
  }
  const HttpResponse response = handler(request, stop);
  if (response.drop) return false;
  std::string bytes = Serialize(response);
  if (response.cut_short) bytes.resize(bytes.size() - (response.body.size() + 1) / 2);
  if (!connection.WriteAll(AsBytes(bytes), In(kSilence)) || response.cut_short) return false;
  return request.Header("connection") != "close";
}

}  // namespace

void ServeHttps(Connection& connection, const ServerCertificate& certificate,
                const HttpHandler& handler, std::stop_token stop) {
  if (!connection.StartTls(certificate, {}, In(kHandshake))) return;
  std::string buffer;
  while (!stop.stop_requested() && ServeOne(connection, handler, buffer, stop)) {
  }
  connection.Close();
}

}  // namespace dbstow::doubles::snowflake
