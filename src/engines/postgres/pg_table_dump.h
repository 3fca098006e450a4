#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dbstow/core/backup_store.h"
#include "dbstow/core/stage_meter.h"
#include "engines/postgres/pg_row_hash.h"
#include "engines/postgres/pg_snapshot.h"
#include "io/task_group.h"
#include "io/work_queue.h"

namespace dbstow::postgres {

/// Where the rows of a dump go: the backup being written, or nowhere when only fingerprints are
/// wanted.
using ItemOpener = std::function<Result<std::unique_ptr<StreamSink>>(ItemSpec)>;

struct DumpTotals {
  ByteCounts bytes;
  std::uint64_t parts = 0;
  std::uint64_t rows = 0;
};

/// Copies all tables and large objects of a snapshot over several connections, computing
/// fingerprints on the way. A table that somebody waits to alter cannot be locked by another
/// session of ours; it is read by the session that holds the snapshot (and the lock) already.
class TableDump {
 public:
  /// `stages` gets the time that the server takes; it must outlive the dump.
  TableDump(PgSnapshot& snapshot, std::vector<std::uint32_t> large_objects,
            const DumpOptions& options, StageMeter& stages, ItemOpener open);

  /// Starts the workers.
  void Start(io::TaskGroup& group);
  /// Reads what the workers could not, on the snapshot's session, until all is done.
  [[nodiscard]] Result<void> ServeDeferred(io::TaskGroup& group);

  /// After success.
  [[nodiscard]] std::vector<ContentFingerprint> Fingerprints() const;
  [[nodiscard]] DumpTotals totals() const;

 private:
  /// A part of a table, or (without one) some of the large objects.
  struct Piece {
    TablePart part;
    std::size_t first_object = 0;
    std::size_t objects = 0;
    int number = 0;
  };

  Result<void> Work(const OperationContext& context);
  Result<void> CopyPart(PgSession& session, const TablePart& part, const OperationContext& context);
  Result<void> CopyObjects(PgSession& session, const Piece& piece, const OperationContext& context);
  Result<void> Account(std::uint32_t table, const RowHash& hash, StreamSink& sink);
  void ReportProgress(const OperationContext& context, const std::string& detail,
                      std::uint64_t bytes);
  void DoneWithOne();

  PgSnapshot& snapshot_;
  std::vector<std::uint32_t> large_objects_;
  DumpOptions options_;
  StageMeter& stages_;
  ItemOpener open_;
  std::vector<Piece> pieces_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> open_pieces_ = 0;
  std::atomic<std::uint64_t> bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
  io::WorkQueue<TablePart> deferred_;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, RowHash> hashes_;  // by table oid; 0 for the large objects
  DumpTotals totals_;
};

}  // namespace dbstow::postgres
