#include "doubles/mongodb/commands/command.h"
#include "doubles/mongodb/model/ids.h"

namespace dbstow::doubles::mongodb {
namespace {

Result<void> StartSession(Context&, Builder& reply) {
  const std::string id = Builder().Add("id", Uuid{NewUuid()}).Finish();
  reply.Add("id", Document(id)).Add("timeoutMinutes", 30);
  return {};
}

Result<void> EndSessions(Context& context, Builder&) {
  for (const Element& session : context.target().AsDocument()) {
    const std::string id(session.AsDocument()["id"].AsBinary());
    context.node.KillCursorsOf(id);
    context.node.sessions().End(id);
  }
  return {};
}

Result<void> RefreshSessions(Context&, Builder&) { return {}; }

Result<void> CommitTransaction(Context& context, Builder&) {
  Session& session = context.node.sessions().Get(context.SessionId());
  if (session.state == Session::State::kCommitted) return {};  // a retry
  if (session.state != Session::State::kInProgress) {
    return CommandFailure(kNoSuchTransaction, "Transaction has been aborted.");
  }
  const Result<Timestamp> committed =
      context.node.writer().Commit(*session.transaction, context.origin);
  context.transaction = nullptr;
  if (committed) {
    context.node.sessions().RememberCommit(context.SessionId());
    return {};
  }
  session.transaction.reset();
  session.state = Session::State::kAborted;
  return committed.error();
}

Result<void> AbortTransaction(Context& context, Builder&) {
  Session& session = context.node.sessions().Get(context.SessionId());
  if (session.state == Session::State::kCommitted) {
    return CommandFailure(kTransactionCommitted, "Transaction has been committed.");
  }
  if (session.state != Session::State::kInProgress) {
    return CommandFailure(kNoSuchTransaction, "Transaction has been aborted.");
  }
  session.transaction.reset();
  session.state = Session::State::kAborted;
  context.transaction = nullptr;
  return {};
}

constexpr auto kLogin = CommandSpec::Access::kLogin;
constexpr unsigned kEndsTransaction =
    CommandSpec::kWrites | CommandSpec::kInTransaction | CommandSpec::kAdminOnly;
constexpr CommandSpec kCommands[] = {
    {"startSession", kLogin, "", 0, "", StartSession},
    {"endSessions", kLogin, "", 0, "", EndSessions},
    {"refreshSessions", kLogin, "", 0, "", RefreshSessions},
    {"killSessions", kLogin, "", 0, "", EndSessions},
    {"commitTransaction", kLogin, "", kEndsTransaction, "recoveryToken", CommitTransaction},
    {"abortTransaction", kLogin, "", kEndsTransaction, "recoveryToken", AbortTransaction},
};

}  // namespace

std::span<const CommandSpec> SessionCommands() { return kCommands; }

}  // namespace dbstow::doubles::mongodb
