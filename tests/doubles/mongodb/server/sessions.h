#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "doubles/mongodb/model/catalog.h"
#include "doubles/mongodb/model/oplog.h"
#include "doubles/mongodb/model/transaction.h"

namespace dbstow::doubles::mongodb {

/// What the node remembers of one logical session.
struct Session {
  enum class State { kNone, kInProgress, kCommitted, kAborted };
  std::int64_t transaction_number = -1;  ///< the newest
  State state = State::kNone;
  std::unique_ptr<Transaction> transaction;
  std::string last_reply;  ///< to the newest retryable write
};

/// Sessions by the bytes of their id. Replies to retryable writes survive a restart. Used under the
/// node's lock.
class Sessions {
 public:
  explicit Sessions(Catalog& catalog) : catalog_(catalog) {}

  [[nodiscard]] Session& Get(const std::string& id);
  /// The reply to a retryable write that was already done, else null. Errors: TransactionTooOld.
  [[nodiscard]] Result<const std::string*> Repeated(const std::string& id, std::int64_t number);
  void Remember(const std::string& id, std::int64_t number, std::string reply);
  /// The session's transaction is committed: its commit may be sent again, also after a restart.
  void RememberCommit(const std::string& id);
  /// Aborts its transaction and forgets it.
  void End(const std::string& id);
  void AbortAll();

 private:
  Catalog& catalog_;
  std::map<std::string, Session> sessions_;
};

}  // namespace dbstow::doubles::mongodb
