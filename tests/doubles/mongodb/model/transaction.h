#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "doubles/mongodb/model/collection.h"

namespace dbstow::doubles::mongodb {

/// A multi-document transaction that is under way: reads at one point in time, and writes that only
/// it sees until they are committed.
struct Transaction {
  struct Write {
    std::string collection_uuid;
    RecordId record;
    Body body;  ///< null: removed
  };

  std::uint64_t read_at = 0;
  std::vector<Write> writes;                                      ///< in the order made
  std::map<std::string, std::map<RecordId, Body>> by_collection;  ///< by uuid; the newest state
  std::vector<std::string> operations;  ///< what the oplog's applyOps will hold
  /// Inserts of one statement that are logged together, and may be retried each by itself.
  bool vectored = false;

  void Add(const Collection& collection, const RecordId& record, Body body) {
    by_collection[collection.uuid()][record] = body;
    writes.push_back({collection.uuid(), record, std::move(body)});
  }
};

/// What a reader sees: a point in time, and the writes of its own transaction. The transaction must
/// outlive it.
class View {
 public:
  View() = default;
  explicit View(std::uint64_t at, const Transaction* transaction = nullptr)
      : at_(at), transaction_(transaction) {}

  enum class Direction { kForward, kBackward };

  [[nodiscard]] std::uint64_t at() const { return at_; }
  [[nodiscard]] Body Get(const Collection& collection, const RecordId& record) const;
  /// The next visible record after `after` (null: from the start), or nothing.
  [[nodiscard]] std::optional<std::pair<RecordId, Body>> Next(const Collection& collection,
                                                              const RecordId* after,
                                                              Direction direction) const;
  [[nodiscard]] std::optional<std::pair<RecordId, Body>> FindById(const Collection& collection,
                                                                  const std::string& id_key) const;
  /// True when `ids()` of a collection says all there is to say about this view.
  [[nodiscard]] bool IsLatest() const { return at_ == kLatest && transaction_ == nullptr; }

 private:
  [[nodiscard]] const std::map<RecordId, Body>* Own(const Collection& collection) const;

  std::uint64_t at_ = kLatest;
  const Transaction* transaction_ = nullptr;
};

}  // namespace dbstow::doubles::mongodb
