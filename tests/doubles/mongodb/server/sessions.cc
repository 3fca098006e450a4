#include "doubles/mongodb/server/sessions.h"

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

std::string SettingName(const std::string& id) { return "session:" + id; }

}  // namespace

Session& Sessions::Get(const std::string& id) {
  const auto [found, made] = sessions_.try_emplace(id);
  if (made) {
    const std::string stored = catalog_.Setting(SettingName(id));
    if (!stored.empty() && ValidateBson(stored)) {
      const Document document(stored);
      found->second.transaction_number = document["txnNumber"].AsInt64();
      if (document["committed"].Truthy()) {
        found->second.state = Session::State::kCommitted;
      } else {
        found->second.last_reply = document["reply"].AsDocument().Copy();
      }
    }
  }
  return found->second;
}

Result<const std::string*> Sessions::Repeated(const std::string& id, std::int64_t number) {
  Session& session = Get(id);
  if (number < session.transaction_number) {
    return CommandFailure(kTransactionTooOld,
                          "Retryable write with txnNumber " + std::to_string(number) +
                              " is prohibited on session because a newer retryable write with "
                              "txnNumber " +
                              std::to_string(session.transaction_number) +
                              " has already started on this session.");
  }
  const bool same = number == session.transaction_number && !session.last_reply.empty();
  return same ? &session.last_reply : static_cast<const std::string*>(nullptr);
}

void Sessions::Remember(const std::string& id, std::int64_t number, std::string reply) {
  Session& session = Get(id);
  session.transaction_number = number;
  session.state = Session::State::kNone;
  session.transaction.reset();
  catalog_.PutSetting(SettingName(id),
                      Builder().Add("txnNumber", number).Add("reply", Document(reply)).Finish());
  session.last_reply = std::move(reply);
}

void Sessions::RememberCommit(const std::string& id) {
  Session& session = Get(id);
  session.transaction.reset();
  session.state = Session::State::kCommitted;
  catalog_.PutSetting(
      SettingName(id),
      Builder().Add("txnNumber", session.transaction_number).Add("committed", true).Finish());
}

void Sessions::End(const std::string& id) { sessions_.erase(id); }

void Sessions::AbortAll() {
  for (auto& [id, session] : sessions_) {
    if (session.state == Session::State::kInProgress) session.state = Session::State::kAborted;
    session.transaction.reset();
  }
}

}  // namespace dbstow::doubles::mongodb
