#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "dbstow/core/stage_meter.h"
#include "engines/postgres/pg_backup_contents.h"
#include "engines/postgres/pg_schema_apply.h"
#include "engines/postgres/pg_task_graph.h"

namespace dbstow::postgres {

struct LoadOptions {
  int jobs = 2;
  bool analyze = true;
};

/// Fills a database whose pre-data schema is there: rows, large objects, indexes as soon as their
/// table is filled, statistics, foreign keys once all keys are there. An index or key that the
/// server refuses is told, and hinders nothing else.
class DatabaseLoad {
 public:
  DatabaseLoad(BackupContents& contents, const RestoreRights& rights, const LoadOptions& options)
      : contents_(contents), rights_(rights), options_(options), index_(contents.archive) {}

  /// `connection` is the database to fill. Errors: the server's, naming the object.
  [[nodiscard]] Result<void> Run(const ConnectionInfo& connection, const OperationContext& context);

  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_done_; }
  [[nodiscard]] std::vector<std::string> TakeWarnings();
  /// What is missing: "create index x: …".
  [[nodiscard]] std::vector<Error> TakeFailures();

 private:
  Result<void> AddAllRows(TaskGraph& graph, const ConnectionInfo& connection);
  void AddRows(TaskGraph& graph);
  void ShareRowsOfScattered();
  using Parts = std::vector<const StoredPart*>;
  [[nodiscard]] bool IsAnExtensions(const StoredPart& part) const;
  Result<void> AddExtensionRows(TaskGraph& graph, PgSession& session);
  std::size_t AddRowTask(TaskGraph& graph, Parts parts, CopyTarget::Rows rows,
                         std::vector<std::size_t> after = {});
  /// One session can freeze the rows that it loads, several cannot.
  [[nodiscard]] bool LoadsInOneSession(std::uint64_t bytes) const;
  void AddLargeObjects(TaskGraph& graph);
  void AddIndexes(TaskGraph& graph);
  std::size_t AddIndexEntry(TaskGraph& graph, const PgArchiveEntry& entry);
  void AddAnalyze(TaskGraph& graph);
  void AddForeignKeys(TaskGraph& graph);
  [[nodiscard]] std::vector<std::uint32_t> TablesOf(const PgArchiveEntry& entry) const;
  [[nodiscard]] GraphTask EntryTask(TaskGraph& graph, const PgArchiveEntry& entry,
                                    const std::string& ddl);
  /// The statement that says how many of the server's processes may help to build an index now.
  [[nodiscard]] std::string ParallelWorkers(TaskGraph& graph) const;
  Result<void> CreateEntry(PgSession& session, const PgArchiveEntry& entry, const std::string& ddl);
  Result<void> Analyze(PgSession& session, const std::string& table);

  Result<void> FillTable(PgSession& session, const Parts& parts, CopyTarget::Rows rows);
  Result<void> CopyRows(PgSession& session, const StoredPart& part, CopyTarget::Rows rows);
  Result<void> PutLargeObjects(PgSession& session, const std::string& item);
  void ReportProgress(std::string_view phase, const std::string& detail);

  BackupContents& contents_;
  const RestoreRights& rights_;
  LoadOptions options_;
  PgArchiveIndex index_;
  const OperationContext* context_ = nullptr;
  struct Table {
    std::uint64_t bytes = 0;
    std::vector<std::size_t> rows;     // tasks that fill it
    std::vector<std::size_t> indexes;  // tasks that index it
  };
  std::map<std::uint32_t, Table> tables_;
  std::map<std::string, std::string> roots_;  // of scattered partitions, both quoted
  std::map<std::int32_t, std::size_t> task_of_entry_;
  std::atomic<std::uint64_t> bytes_done_ = 0;
  std::atomic<bool> fills_the_server_ =
      false;  // it runs here, and has a session for each processor
  StageMeter stages_;
  std::mutex mutex_;
  std::vector<std::string> warnings_;
  std::vector<Error> failures_;
  std::set<std::int32_t> failed_;  // dump ids
};

/// Session settings for loading: more memory for index builds, no waiting for the disk at commit (a
/// crash would leave an unfinished database, which is dropped anyway). It computes as sessions of
/// the database that `facts` tell of do.
[[nodiscard]] Result<std::unique_ptr<PgSession>> OpenForLoading(const ConnectionInfo& connection,
                                                                const PgDatabaseFacts& facts,
                                                                int jobs,
                                                                const OperationContext& context);

}  // namespace dbstow::postgres
