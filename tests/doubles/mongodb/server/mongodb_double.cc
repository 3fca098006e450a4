#include "doubles/mongodb/server/mongodb_double.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/commands/dispatch.h"
#include "doubles/mongodb/errors.h"
#include "doubles/mongodb/wire/message.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr std::size_t kMaxConnections = 512;

Result<NodeOptions> OptionsFrom(const std::map<std::string, std::string>& settings) {
  NodeOptions options;
  for (const auto& [name, value] : settings) {
    if (name == "replset") {
      options.replica_set = value;
    } else if (name == "version") {
      options.version = value;
    } else if (name == "auth") {
      options.authorization = value == "on";
    } else if (name == "tls") {
      options.require_tls = value == "on";
    } else if (name == "router") {
      options.router = value == "on";
    } else if (name == "oplog_bytes") {
      options.oplog_bytes = std::strtoll(value.c_str(), nullptr, 10);
    } else {
      return UnknownWord("setting", name,
                         {"replset", "version", "auth", "tls", "router", "oplog_bytes"});
    }
  }
  if (options.router && !options.replica_set.empty()) {
    return Error(ErrorCode::kInvalidOptions, "a router (mongos) is in no replica set");
  }
  return options;
}

/// One message, or nothing when the peer is gone or talks nonsense.
Result<Request> ReadRequest(Connection& connection) {
  std::string header_bytes(kMessageHeaderBytes, '\0');
  DBSTOW_TRY(connection.ReadExactly(std::as_writable_bytes(std::span(header_bytes))));
  DBSTOW_ASSIGN(const MessageHeader header, ParseHeader(header_bytes));
  // Grows with what arrives: a header alone must not cost 48 MB.
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  const std::size_t wanted = header.length - kMessageHeaderBytes;
  std::string body;
  while (body.size() < wanted) {
    const std::size_t at = body.size();
    body.resize(std::min(wanted, at + kChunk));
    DBSTOW_TRY(connection.ReadExactly(std::as_writable_bytes(std::span(body).subspan(at))));
  }
  return ParseRequest(header, body, header_bytes);
}

std::string OversizedReply() {
  return Builder()
      .Add("ok", 0.0)
      .Add("errmsg", "BSONObj size is invalid. Size must be between 0 and 16793600(16MB)")
      .Add("code", kBsonObjectTooLarge)
      .String("codeName", CodeName(kBsonObjectTooLarge))
      .Finish();
}

}  // namespace

Result<std::unique_ptr<Double>> MongodbDouble::Create(const DoubleSetup& setup) {
  DBSTOW_ASSIGN(NodeOptions options, OptionsFrom(setup.settings));
  DBSTOW_ASSIGN(auto node, Node::Open(setup.data_folder, std::move(options)));
  return std::unique_ptr<Double>(new MongodbDouble(setup, std::move(node)));
}

MongodbDouble::MongodbDouble(const DoubleSetup& setup, std::unique_ptr<Node> node)
    : setup_(setup), node_(std::move(node)) {
  RegisterControls();
}

Result<std::uint16_t> MongodbDouble::Start(std::uint16_t port) {
  DBSTOW_ASSIGN(listener_, Listener::Start({.port = port, .max_connections = kMaxConnections},
                                           [this](Connection& connection, std::stop_token stop) {
                                             Serve(connection, std::move(stop));
                                           }));
  node_->set_port(listener_->port());
  return listener_->port();
}

std::size_t MongodbDouble::CutConnections() { return listener_->CutConnections(); }

void MongodbDouble::Stop() {
  if (listener_) listener_->Stop();
}

std::map<std::string, std::string> MongodbDouble::ReadyDetails() const {
  std::string uri = "mongodb://" + node_->address() + "/?";
  uri += node_->in_replica_set() ? "replicaSet=" + node_->options().replica_set
                                 : "directConnection=true";
  if (node_->options().require_tls) uri += "&tls=true";
  return {{"uri", uri}};
}

void MongodbDouble::Serve(Connection& connection, std::stop_token stop) {
  if (node_->options().require_tls && !connection.StartTls(setup_.certificate)) return;
  Client client;
  client.connection_id = next_connection_++;
  std::int32_t reply_id = 0;
  while (!stop.stop_requested()) {
    const Result<Request> request = ReadRequest(connection);
    if (!request) return;
    const std::string reply =
        request->oversized ? OversizedReply() : RunCommand(*node_, client, request->command, stop);
    if (reply.empty()) return;
    setup_.delay.Wait(stop);
    if (request->more_to_come) continue;
    const std::string framed = FrameReply(*request, ++reply_id, reply);
    if (!connection.WriteAll(AsBytes(framed))) return;
  }
}

void MongodbDouble::RegisterControls() {
  using nlohmann::json;
  ControlPort& control = setup_.control;
  control.On("step_down", [this](const json& request) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    node_->StepDown(std::chrono::milliseconds(request.value("ms", 10000)));
    return json::object();
  });
  control.On("step_up", [this](const json&) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    node_->StepUp();
    return json::object();
  });
  control.On("kill_cursors", [this](const json&) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    const std::size_t killed = node_->KillAllCursors();
    node_->changed.notify_all();
    return json{{"killed", killed}};
  });
  control.On("fail", [this](const json& request) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    node_->faults[request.value("name", "")] = {request.value("code", 0),
                                                request.value("times", 1)};
    return json::object();
  });
  control.On("set_clock", [this](const json& request) -> Result<json> {
    node_->catalog().clock().set_offset(
        std::chrono::milliseconds(request.value("offset_ms", std::int64_t{0})));
    return json::object();
  });
  control.On("oplog_size", [this](const json& request) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    node_->oplog().Resize(request.value("bytes", std::int64_t{1} << 20));
    node_->catalog().Commit();
    return json::object();
  });
  control.On("oplog_append", [this](const json& request) -> Result<json> {
    DBSTOW_ASSIGN(const std::string entry, FromBase64(request.value("entry", "")));
    DBSTOW_TRY(ValidateBson(entry));
    const std::lock_guard lock(node_->mutex);
    const Timestamp at = node_->oplog().AppendRaw(entry);
    node_->catalog().Commit();
    node_->changed.notify_all();
    return json{{"seconds", at.seconds()}, {"counter", at.counter()}};
  });
  control.On("inspect", [this](const json&) -> Result<json> {
    const std::lock_guard lock(node_->mutex);
    const Timestamp last = node_->catalog().clock().last();
    return json{{"cursors", node_->open_cursors()}, {"primary", node_->IsPrimary()},
                {"term", node_->oplog().term()},    {"last_seconds", last.seconds()},
                {"last_counter", last.counter()},   {"lock_count", node_->lock_count},
                {"waiting", node_->waiting}};
  });
}

}  // namespace dbstow::doubles::mongodb
