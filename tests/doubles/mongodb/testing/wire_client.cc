#include "doubles/mongodb/testing/wire_client.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

void AppendInt(std::int32_t value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

bool IsOk(const std::string& reply) { return Document(reply)["ok"].Truthy(); }

Result<std::unique_ptr<WireClient>> WireClient::Connect(std::uint16_t port) {
  DBSTOW_ASSIGN(auto connection, Connection::Dial("127.0.0.1", port));
  return std::unique_ptr<WireClient>(new WireClient(std::move(connection)));
}

Result<void> WireClient::Send(const std::string& db, Builder& command) {
  constexpr std::int32_t kMsg = 2013;
  const std::string document = command.String("$db", db).Finish();
  std::string message;
  AppendInt(static_cast<std::int32_t>(21 + document.size()), message);
  AppendInt(next_id_++, message);
  AppendInt(0, message);
  AppendInt(kMsg, message);
  AppendInt(0, message);
  message.push_back('\0');
  message += document;
  return connection_->WriteAll(AsBytes(message));
}

Result<std::string> WireClient::ReadReply() {
  std::string header(16, '\0');
  DBSTOW_TRY(connection_->ReadExactly(std::as_writable_bytes(std::span(header))));
  std::string body(LoadLittle<std::uint32_t>(header.data()) - 16, '\0');
  DBSTOW_TRY(connection_->ReadExactly(std::as_writable_bytes(std::span(body))));
  body.erase(0, 5);
  DBSTOW_TRY(ValidateBson(body));
  return body;
}

Result<std::string> WireClient::Run(const std::string& db, Builder& command) {
  DBSTOW_TRY(Send(db, command));
  return ReadReply();
}

Result<std::vector<std::string>> WireClient::ReadAll(const std::string& db, Builder& command) {
  std::vector<std::string> documents;
  DBSTOW_ASSIGN(std::string reply, Run(db, command));
  while (true) {
    if (!IsOk(reply)) {
      return Error(ErrorCode::kInternal, std::string(Document(reply)["errmsg"].AsString()));
    }
    const Document cursor = Document(reply)["cursor"].AsDocument();
    for (const char* name : {"firstBatch", "nextBatch"}) {
      for (const Element& document : cursor[name].AsDocument()) {
        documents.push_back(document.AsDocument().Copy());
      }
    }
    const std::int64_t id = cursor["id"].AsInt64();
    if (id == 0) return documents;
    const std::string ns(cursor["ns"].AsString());
    Builder more;
    more.Add("getMore", id).String("collection", ns.substr(ns.find('.') + 1));
    DBSTOW_ASSIGN(reply, Run(db, more));
  }
}

}  // namespace dbstow::doubles::mongodb::testing
