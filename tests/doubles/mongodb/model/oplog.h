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
};

struct OplogEntry {
  std::string op;  ///< "i", "u", "d", "c", "n"
  std::string ns;
  std::string uuid;  ///< 16 bytes or empty
  std::string o;
  std::string o2;  ///< empty: none
};

/// The first fields of an entry, as they stand also inside an applyOps.
[[nodiscard]] std::string OperationFields(const OplogEntry& entry);

/// local.oplog.rs, capped. Not thread-safe; used under the node's lock.
class Oplog {
 public:
  /// Makes the collection, with its first entry, when it is not there. With `enabled` false (a
  /// standalone) nothing is written, and `Append` only gives timestamps.
  Oplog(Catalog& catalog, bool enabled, std::int64_t max_bytes);

  [[nodiscard]] bool enabled() const { return enabled_; }
  /// Writes an entry and drops the oldest ones beyond the cap. Entries of `local` are not written.
  Timestamp Append(const OplogEntry& entry, const WriteOrigin& origin = {});
  /// Writes an entry as it is, but with a timestamp of now: for tests that need rare shapes.
  Timestamp AppendRaw(const Document& entry);
  void Resize(std::int64_t max_bytes);
  [[nodiscard]] std::int64_t term() const { return term_; }
  void StartTerm();

 private:
  Timestamp Write(Builder& entry, Timestamp at);
  void DropOldest();

  Catalog& catalog_;
  bool enabled_;
  std::int64_t term_ = 1;
};

}  // namespace dbstow::doubles::mongodb
