#include "doubles/mongodb/bson/order.h"
#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/model/ids.h"

namespace dbstow::doubles::mongodb {
namespace {

Error Failed() { return CommandFailure(kAuthenticationFailed, "Authentication failed."); }

/// What `admin.system.users` keeps of a user's password, if there is such a user.
Result<std::optional<ScramCredential>> CredentialOf(Catalog& catalog, const UserName& user) {
  const std::string stored = StoredUser(catalog, user);
  if (stored.empty()) return std::optional<ScramCredential>();
  const Document kept = Document(stored)["credentials"].AsDocument()["SCRAM-SHA-256"].AsDocument();
  if (kept.empty()) return std::optional<ScramCredential>();
  ScramCredential credential;
  credential.iterations = static_cast<int>(kept["iterationCount"].AsInt64());
  DBSTOW_ASSIGN(credential.salt, FromBase64(kept["salt"].AsString()));
  DBSTOW_ASSIGN(credential.stored_key, FromBase64(kept["storedKey"].AsString()));
  DBSTOW_ASSIGN(credential.server_key, FromBase64(kept["serverKey"].AsString()));
  return std::optional(std::move(credential));
}

void AddStep(const Client::Login& login, std::string_view payload, bool done, Builder& reply) {
  reply.Add("conversationId", login.conversation).Add("done", done);
  reply.Add("payload", Binary{payload});
}

Result<void> SaslStart(Context& context, Builder& reply) {
  constexpr std::size_t kNonceBytes = 24;
  const Document& command = context.command;
  context.client.login.reset();
  if (command["mechanism"].AsString() != "SCRAM-SHA-256") {
    constexpr int kMechanismUnavailable = 334;
    return CommandFailure(kMechanismUnavailable, "Received authentication for mechanism " +
                                                     std::string(command["mechanism"].AsString()) +
                                                     " which is not enabled");
  }
  Client::Login login;
  DBSTOW_ASSIGN(std::string name, login.scram.ReadFirst(command["payload"].AsBinary()));
  login.user = {context.db, std::move(name)};
  login.skip_empty_exchange = command["options"].AsDocument()["skipEmptyExchange"].Truthy();
  DBSTOW_ASSIGN(const auto credential, CredentialOf(context.catalog(), login.user));
  const std::string challenge = login.scram.Challenge(credential, Base64(RandomBytes(kNonceBytes)));
  AddStep(login, challenge, false, reply);
  context.client.login = std::move(login);
  return {};
}

Result<void> SaslContinue(Context& context, Builder& reply) {
  auto& login = context.client.login;
  if (!login || context.command["conversationId"].AsInt64() != login->conversation) {
    return CommandFailure(kProtocolError, "No SASL session state found");
  }
  if (login->final_sent) {
    context.client.user = login->user;
    AddStep(*login, "", true, reply);
    login.reset();
    return {};
  }
  const Result<std::string> final = login->scram.ReadFinal(context.command["payload"].AsBinary());
  if (!final) {
    login.reset();
    return Failed();
  }
  AddStep(*login, *final, login->skip_empty_exchange, reply);
  login->final_sent = true;
  if (!login->skip_empty_exchange) return {};
  context.client.user = login->user;
  login.reset();
  return {};
}

Result<void> Logout(Context& context, Builder&) {
  context.client.user.reset();
  return {};
}

constexpr auto kOpen = CommandSpec::Access::kOpen;
constexpr CommandSpec kCommands[] = {
    {"saslStart", kOpen, "", 0, "mechanism payload options autoAuthorize", SaslStart},
    {"saslContinue", kOpen, "", 0, "conversationId payload", SaslContinue},
    {"logout", kOpen, "", 0, "", Logout},
};

}  // namespace

std::span<const CommandSpec> LoginCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
