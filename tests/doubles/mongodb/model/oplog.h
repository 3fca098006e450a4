#pragma once

#include <cstdint>
#include <string>

#include "doubles/mongodb/bson/builder.h"
#include "doubles/mongodb/model/catalog.h"

namespace dbstow::doubles::mongodb {

/// Who asked for a write: kept in the oplog for retryable writes and transactions.
struct WriteOrigin {
  std::string session;  ///< the lsid document; empty: none
  std::int64_t transaction_number = -1;
  std::int32_t statement = 0;

  [[nodiscard]] bool IsOfSession() const { return !session.empty() && transaction_number >= 0; }
};

struct OplogEntry {
  std::string op;  ///< "i", "u", "d", "c", "n"
  std::string ns;
  std::string uuid;  ///< 16 bytes or empty
  std::string o;
  std::string o2;                   ///< empty: none
  bool applied_separately = false;  ///< an applyOps of retryable inserts: `multiOpType` 1
};

/// The first fields of an entry, as they stand also inside an applyOps.
[[nodiscard]] std::string OperationFields(const OplogEntry& entry);

/// local.oplog.rs, capped, and config.transactions, which says how far each session has come. Not
/// thread-safe; used under the node's lock.
class Oplog {
 public:
  /// Makes the collection, with its first entry, when it is not there. With `enabled` false (a
  /// standalone) nothing is written, and `Append` only gives timestamps.
  Oplog(Catalog& catalog, bool enabled, std::int64_t max_bytes);

  [[nodiscard]] bool enabled() const { return enabled_; }
  /// Writes an entry and drops the oldest ones beyond the cap. Entries of `local` are not written.
  Timestamp Append(const OplogEntry& entry, const WriteOrigin& origin = {});
  /// Writes an entry as it is, but with a time of now and, in a session, the time of the entry
  /// before: for tests that need rare shapes.
  Timestamp AppendRaw(const Document& entry);
  void Resize(std::int64_t max_bytes);
  [[nodiscard]] std::int64_t term() const { return term_; }
  void StartTerm();

 private:
  Timestamp Write(Builder& entry, Timestamp at);
  /// `{ts, t}`.
  [[nodiscard]] std::string TimeOf(Timestamp at, std::int64_t term) const;
  /// The record of a session in config.transactions; empty when there is none for that number.
  [[nodiscard]] std::string SessionRecord(const Document& session, std::int64_t number);
  /// Adds `prevOpTime`: of the entry before in the same session and number.
  void AddPrevious(Builder& entry, const Document& session, std::int64_t number);
  /// Puts down in config.transactions what `entry` means for its session.
  void NoteSession(const Document& entry);
  void DropOldest();

  Catalog& catalog_;
  bool enabled_;
  std::int64_t term_ = 1;
};

}  // namespace dbstow::doubles::mongodb
