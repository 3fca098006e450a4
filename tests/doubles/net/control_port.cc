#include "doubles/net/control_port.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace dbstow::doubles {
namespace {

constexpr std::size_t kMaxControlConnections = 32;
constexpr std::size_t kMaxLine = 16 * 1024 * 1024;

nlohmann::json Refusal(const Error& error) {
  return {{"error", error.message()}, {"code", Describe(error.code()).name}};
}

Error Malformed(const std::string& why) { return Error(ErrorCode::kInvalidOptions, why); }

}  // namespace

void ControlPort::On(const std::string& command, Handler handler) {
  const std::scoped_lock lock(mutex_);
  handlers_.insert_or_assign(command, std::move(handler));
}

Result<void> ControlPort::Start(std::uint16_t port) {
  DBSTOW_ASSIGN(
      listener_,
      Listener::Start({.port = port, .max_connections = kMaxControlConnections},
                      [this](Connection& connection, std::stop_token) { Serve(connection); }));
  return {};
}

void ControlPort::Stop() {
  if (listener_) listener_->Stop();
}

void ControlPort::Serve(Connection& connection) {
  std::string pending;
  std::array<std::byte, 4096> chunk;
  while (true) {
    const Result<std::size_t> size = connection.Read(chunk);
    if (!size || *size == 0) return;
    pending += AsText(ByteView(chunk).first(*size));
    std::size_t end = 0;
    while ((end = pending.find('\n')) != std::string::npos) {
      const std::string answer = Answer(pending.substr(0, end));
      pending.erase(0, end + 1);
      if (!connection.WriteAll(AsBytes(answer))) return;
    }
    if (pending.size() > kMaxLine) return;
  }
}

std::string ControlPort::Answer(const std::string& line) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  const auto answer = [&]() -> Result<nlohmann::json> {
    const auto request = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!request.is_object()) return Malformed("a request is one JSON object a line");
    const auto command = request.find("command");
    if (command == request.end() || !command->is_string()) {
      return Malformed("a request has a \"command\"");
    }
    const std::scoped_lock lock(mutex_);
    const auto handler = handlers_.find(command->get<std::string>());
    if (handler == handlers_.end()) {
      return Malformed("no such command: " + command->get<std::string>());
    }
    // Handlers take what they need from the request; what is missing or of the wrong type throws.
    try {
      return handler->second(request);
    } catch (const nlohmann::json::exception& problem) {
      return Malformed(problem.what());
    }
  }();
  return (answer ? *answer : Refusal(answer.error())).dump(-1, ' ', false, replace) + "\n";
}

}  // namespace dbstow::doubles
