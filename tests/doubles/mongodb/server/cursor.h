#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "doubles/mongodb/model/catalog.h"
#include "doubles/mongodb/model/transaction.h"
#include "doubles/mongodb/query/pipeline.h"
#include "doubles/mongodb/server/change_stream.h"
#include "doubles/mongodb/server/find_request.h"

namespace dbstow::doubles::mongodb {

/// One batch of a cursor.
struct Batch {
  std::string documents;  ///< a BSON array
  std::size_t count = 0;
  std::string resume_token;  ///< empty: none was asked for
};

/// A position in the results of a query. Reads as it goes, so that without a snapshot it sees
/// changes made meanwhile. Used under the node's lock.
class Cursor {
 public:
  /// Over a collection. Errors: BadValue for hints that fit no index, KeyNotFound when the record
  /// to resume after is gone.
  [[nodiscard]] static Result<std::unique_ptr<Cursor>> OverCollection(FindRequest request,
                                                                      const Collection& collection,
                                                                      const View& view);
  /// The records that a request without a sort selects, in its order; at most `limit`. Errors: as
  /// OverCollection.
  [[nodiscard]] static Result<std::vector<RecordId>> Select(FindRequest request,
                                                            const Collection& collection,
                                                            const View& view, std::size_t limit);
  /// Over documents that were made already.
  [[nodiscard]] static std::unique_ptr<Cursor> OverDocuments(const Namespace& ns,
                                                             std::vector<std::string> documents);

  /// Over the events of a change stream, as the pipeline lets them through. `ns` is its name to the
  /// client.
  [[nodiscard]] static std::unique_ptr<Cursor> OverChanges(const Namespace& ns,
                                                           const Collection& oplog,
                                                           ChangeStream stream, Pipeline pipeline);

  /// At most `count` documents and 16 MB. `collection` is the collection this cursor reads, null
  /// when it is gone. Errors: QueryPlanKilled, CappedPositionLost, those of the change stream.
  [[nodiscard]] Result<Batch> Next(const Collection* collection, const View& view,
                                   std::int64_t count);
  /// True when nothing is left and nothing can come.
  [[nodiscard]] bool exhausted() const;

  [[nodiscard]] const Namespace& ns() const { return ns_; }
  /// Empty for a cursor over documents.
  [[nodiscard]] const std::string& collection_uuid() const { return uuid_; }
  /// Reads the oplog under another name.
  [[nodiscard]] bool watches() const { return std::holds_alternative<Changes>(source_); }
  [[nodiscard]] bool tailable() const { return request_.tailable; }
  [[nodiscard]] bool await_data() const { return request_.await_data; }
  [[nodiscard]] const FindRequest& request() const { return request_; }

  std::uint64_t read_at = kLatest;  ///< of a snapshot read
  std::string session;              ///< that opened it; empty: none
  std::string user;                 ///< that opened it; empty: nobody
  bool in_transaction = false;

 private:
  struct Natural {
    std::optional<RecordId> at;  ///< scanned last
    View::Direction direction;
    std::optional<RecordId> start_at;  ///< a first record to return
  };
  struct Records {
    std::vector<RecordId> records;
    std::size_t next = 0;
  };
  struct Documents {
    std::vector<std::string> documents;
    std::size_t next = 0;
  };
  struct Changes {
    ChangeStream stream;
    Pipeline pipeline;
    std::string token_before;  ///< of what was read last
  };

  explicit Cursor(Namespace ns) : ns_(std::move(ns)) {}
  [[nodiscard]] Result<void> PlanNatural(const Collection& collection, const View& view);
  [[nodiscard]] Result<void> PlanIndex(const Collection& collection, const View& view);
  void SortAll(const Collection& collection, const View& view);
  /// The next document in source order that matches, not yet projected.
  [[nodiscard]] std::optional<std::pair<RecordId, Body>> NextMatch(const Collection* collection,
                                                                   const View& view);
  [[nodiscard]] Result<std::optional<std::string>> NextDocument(const Collection* collection,
                                                                const View& view);
  [[nodiscard]] static Result<std::optional<std::string>> NextChange(Changes& changes,
                                                                     const Collection& oplog);
  [[nodiscard]] std::string Shape(const Document& document, const RecordId& record,
                                  bool clustered) const;
  [[nodiscard]] std::string ResumeToken(const Collection* collection) const;

  Namespace ns_;
  std::string uuid_;
  FindRequest request_;
  std::variant<Natural, Records, Documents, Changes> source_;
  std::int64_t to_skip_ = 0;
  std::int64_t returned_ = 0;
  std::optional<std::string> held_;  ///< did not fit into the last batch
  bool done_ = false;
};

}  // namespace dbstow::doubles::mongodb
