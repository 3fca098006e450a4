#include "engines/postgres/pg_load.h"

#include <algorithm>
#include <thread>

#include "engines/postgres/pg_computing_settings.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_large_objects.h"
#include "engines/postgres/pg_locality.h"
#include "engines/postgres/pg_quote.h"
#include "engines/postgres/pg_scattered.h"
#include "engines/postgres/pg_unique_index.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kReadSize = 256 * 1024;
// Below these, an own transaction with TRUNCATE or an own index statement costs more than it gives.
constexpr std::uint64_t kFreezeFrom = 1u << 20;
constexpr std::uint64_t kTwoStepsFrom = 8u << 20;
constexpr std::uint32_t kPgClass = 1259;

// Which table refers to which other one by a foreign key.
using References = std::set<std::pair<std::string, std::string>>;

std::string NameOf(const StoredPart& part) { return QuoteQualified(part.schema, part.table); }

Result<References> ReadReferences(PgSession& session) {
  DBSTOW_ASSIGN(const PgRows rows,
                session.Query("SELECT n.nspname, c.relname, m.nspname, d.relname"
                              " FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid"
                              " JOIN pg_namespace n ON n.oid = c.relnamespace"
                              " JOIN pg_class d ON d.oid = o.confrelid"
                              " JOIN pg_namespace m ON m.oid = d.relnamespace"
                              " WHERE o.contype = 'f' AND o.conrelid <> o.confrelid"));
  References references;
  for (int row = 0; row < rows.size(); ++row) {
    references.emplace(QuoteQualified(rows.String(row, 0), rows.String(row, 1)),
                       QuoteQualified(rows.String(row, 2), rows.String(row, 3)));
  }
  return references;
}

}  // namespace

Result<std::unique_ptr<PgSession>> OpenForLoading(const ConnectionInfo& connection,
                                                  const PgDatabaseFacts& facts, int jobs,
                                                  const OperationContext& context) {
  DBSTOW_ASSIGN(auto session, PgSession::Open(connection, context));
  // The server's memory cannot be asked for; its settings say what its owner thinks there is.
  DBSTOW_TRY(session->Run(
      "SET synchronous_commit = off; SET default_tablespace = '';"
      "SELECT set_config('maintenance_work_mem', least(2097151, greatest("
      "  (SELECT setting::int8 FROM pg_settings WHERE name = 'maintenance_work_mem'),"
      "  (SELECT max(setting::int8 * 8 / CASE name WHEN 'shared_buffers' THEN 2 ELSE 8 END)"
      "   FROM pg_settings WHERE name IN ('shared_buffers', 'effective_cache_size')) / " +
      std::to_string(std::max(jobs, 1)) + "))::text || 'kB', false)"));
  DBSTOW_TRY(ComputeAsInDatabase(*session, facts));
  return session;
}

Result<void> DatabaseLoad::Run(const ConnectionInfo& connection, const OperationContext& context) {
  context_ = &context;
  TaskGraph graph;
  DBSTOW_TRY(AddAllRows(graph, connection));
  AddLargeObjects(graph);
  AddIndexes(graph);
  if (options_.analyze) AddAnalyze(graph);
  AddForeignKeys(graph);
  const auto open = [&](const OperationContext& each) -> Result<std::unique_ptr<PgSession>> {
    DBSTOW_ASSIGN(auto session,
                  OpenForLoading(connection, contents_.catalog.database, options_.jobs, each));
    DBSTOW_ASSIGN(const bool is_here, ServerIsHere(*session));
    fills_the_server_ =
        is_here && static_cast<unsigned>(options_.jobs) >= std::thread::hardware_concurrency();
    return session;
  };
  return graph.Run(static_cast<std::size_t>(options_.jobs), open, context);
}

// Where each processor has a session at work already, parallel workers only add to it: they sort
// through files, and somebody has to merge.
std::string DatabaseLoad::ParallelWorkers(TaskGraph& graph) const {
  return fills_the_server_ && graph.OthersAreReady() ? "SET max_parallel_maintenance_workers = 0"
                                                     : "RESET max_parallel_maintenance_workers";
}

Result<void> DatabaseLoad::AddAllRows(TaskGraph& graph, const ConnectionInfo& connection) {
  DBSTOW_ASSIGN(const auto session, PgSession::Open(connection, *context_));
  DBSTOW_ASSIGN(roots_, ReadScattered(*session));
  AddRows(graph);
  ShareRowsOfScattered();
  return AddExtensionRows(graph, *session);
}

void DatabaseLoad::AddRows(TaskGraph& graph) {
  std::map<std::uint32_t, Parts> by_table;
  for (const StoredPart& part : contents_.parts) {
    if (IsAnExtensions(part)) continue;
    by_table[part.table_oid].push_back(&part);
    tables_[part.table_oid].bytes += part.bytes;
  }
  for (auto& [oid, parts] : by_table) {
    const std::uint64_t bytes = tables_[oid].bytes;
    const bool is_scattered = roots_.contains(NameOf(*parts.front()));
    if (!is_scattered && bytes >= kFreezeFrom && LoadsInOneSession(bytes)) {
      AddRowTask(graph, std::move(parts), CopyTarget::Rows::kFrozen);
      continue;
    }
    for (const StoredPart* part : parts) AddRowTask(graph, {part}, CopyTarget::Rows::kPlain);
  }
}

// The rows of any of these partitions may go into each of them.
void DatabaseLoad::ShareRowsOfScattered() {
  std::map<std::string, std::set<std::uint32_t>> by_root;
  for (const StoredPart& part : contents_.parts) {
    const auto root = roots_.find(NameOf(part));
    if (root != roots_.end()) by_root[root->second].insert(part.table_oid);
  }
  for (const auto& [root, partitions] : by_root) {
    std::vector<std::size_t> all;
    for (const std::uint32_t oid : partitions) {
      all.insert(all.end(), tables_[oid].rows.begin(), tables_[oid].rows.end());
    }
    for (const std::uint32_t oid : partitions) tables_[oid].rows = all;
  }
}

bool DatabaseLoad::IsAnExtensions(const StoredPart& part) const {
  return index_.FindObject(kPgClass, part.table_oid) == nullptr;
}

// The script of an extension has made its tables, with foreign keys, and may have put rows there,
// which are not to be emptied out again. So these few go one after another, and none before those
// that it refers to.
Result<void> DatabaseLoad::AddExtensionRows(TaskGraph& graph, PgSession& session) {
  Parts left;
  for (const StoredPart& part : contents_.parts) {
    if (IsAnExtensions(part)) left.push_back(&part);
  }
  if (left.empty()) return {};
  DBSTOW_ASSIGN(const References references, ReadReferences(session));
  const auto refers_to_another = [&](const StoredPart* part) {
    return std::ranges::any_of(left, [&](const StoredPart* other) {
      return references.contains({NameOf(*part), NameOf(*other)});
    });
  };
  std::vector<std::size_t> last_of_these;
  while (!left.empty()) {
    // Where they refer to each other in a ring no order helps, and any will do.
    auto next = std::ranges::find_if_not(left, refers_to_another);
    if (next == left.end()) next = left.begin();
    tables_[(*next)->table_oid].bytes += (*next)->bytes;
    const std::size_t number = AddRowTask(graph, {*next}, CopyTarget::Rows::kPlain, last_of_these);
    last_of_these = {number};
    left.erase(next);
  }
  return {};
}

// Rows that are not frozen cost a second write of every page (hint bits, and with checksums a log
// record of the whole page), while indexes are built on them. That outweighs a second session, but
// not the many that would wait for one huge table.
bool DatabaseLoad::LoadsInOneSession(std::uint64_t bytes) const {
  const auto jobs = static_cast<std::uint64_t>(options_.jobs);
  return jobs <= 2 || bytes <= 2 * contents_.bytes / jobs;
}

std::size_t DatabaseLoad::AddRowTask(TaskGraph& graph, Parts parts, CopyTarget::Rows rows,
                                     std::vector<std::size_t> after) {
  const StoredPart& first = *parts.front();
  GraphTask task{"fill table " + first.schema + "." + first.table};
  task.after = std::move(after);
  for (const StoredPart* part : parts) task.weight += part->bytes;
  task.shares = {first.table_oid};
  Table& table = tables_[first.table_oid];
  task.run = [this, parts = std::move(parts), rows](PgSession& session) {
    return FillTable(session, parts, rows);
  };
  table.rows.push_back(graph.Add(std::move(task)));
  return table.rows.back();
}

void DatabaseLoad::AddLargeObjects(TaskGraph& graph) {
  for (const std::string& item : contents_.large_object_items) {
    GraphTask task{"fill large objects", contents_.bytes};
    task.run = [this, &item](PgSession& session) { return PutLargeObjects(session, item); };
    graph.Add(std::move(task));
  }
}

// The tables that an entry works on: those it depends on, and those of the keys it depends on.
std::vector<std::uint32_t> DatabaseLoad::TablesOf(const PgArchiveEntry& entry) const {
  std::vector<std::uint32_t> tables;
  for (const PgArchiveEntry* before : index_.DependenciesOf(entry)) {
    if (before->desc == "TABLE" || before->desc == "MATERIALIZED VIEW") {
      tables.push_back(before->oid);
    } else if (before->desc == "CONSTRAINT" || before->desc == "INDEX") {
      for (std::uint32_t table : TablesOf(*before)) tables.push_back(table);
    }
  }
  return tables;
}

GraphTask DatabaseLoad::EntryTask(TaskGraph& graph, const PgArchiveEntry& entry,
                                  const std::string& ddl) {
  GraphTask task;
  task.run = [this, &graph, &entry, ddl](PgSession& session) -> Result<void> {
    DBSTOW_TRY(session.Run(ParallelWorkers(graph)));
    return CreateEntry(session, entry, ddl);
  };
  return task;
}

Result<void> DatabaseLoad::CreateEntry(PgSession& session, const PgArchiveEntry& entry,
                                       const std::string& ddl) {
  {
    // The second step of what failed in its first.
    const std::scoped_lock lock(mutex_);
    if (failed_.contains(entry.dump_id)) return {};
  }
  ReportProgress("indexes", ShowEntry(entry));
  SchemaApplier applier(session, rights_);
  // Other tasks ran in this session: set where the entry goes, whatever was set before.
  DBSTOW_TRY(session.Run("SET default_tablespace = ''"));
  auto applied = applier.ApplyDdl(entry, ddl);
  const std::scoped_lock lock(mutex_);
  for (std::string& warning : applier.TakeWarnings()) warnings_.push_back(std::move(warning));
  if (applied || session.broken() || !IsAboutTheStatement(applied.error())) return applied;
  failed_.insert(entry.dump_id);
  failures_.push_back(applied.error());
  return {};
}

void DatabaseLoad::AddIndexes(TaskGraph& graph) {
  for (const PgArchiveEntry& entry : contents_.archive.entries) {
    if (PhaseOf(entry, index_) == PgPhase::kIndex) {
      task_of_entry_[entry.dump_id] = AddIndexEntry(graph, entry);
    }
  }
}

std::size_t DatabaseLoad::AddIndexEntry(TaskGraph& graph, const PgArchiveEntry& entry) {
  const std::vector<std::uint32_t> tables = TablesOf(entry);
  GraphTask task = EntryTask(graph, entry, entry.defn);
  for (std::uint32_t oid : tables) {
    const Table& table = tables_[oid];
    task.weight += table.bytes;
    task.after.insert(task.after.end(), table.rows.begin(), table.rows.end());
  }
  for (std::int32_t before : entry.dependencies) {
    const auto found = task_of_entry_.find(before);
    if (found != task_of_entry_.end()) task.after.push_back(found->second);
  }
  const std::set<std::uint32_t> used(tables.begin(), tables.end());
  const bool is_constraint = entry.desc == "CONSTRAINT";
  if (is_constraint && task.weight >= kTwoStepsFrom) {
    if (const auto steps = SplitUniqueConstraint(entry.defn)) {
      GraphTask build = EntryTask(graph, entry, steps->create_index);
      build.weight = task.weight;
      build.after = task.after;
      build.shares = used;
      task = EntryTask(graph, entry, steps->add_constraint);
      task.after = {graph.Add(std::move(build))};
    }
  }
  if (is_constraint || entry.desc == "INDEX ATTACH") {
    task.locks = used;
  } else {
    task.shares = used;
  }
  const std::size_t number = graph.Add(std::move(task));
  for (std::uint32_t oid : used) tables_[oid].indexes.push_back(number);
  return number;
}

void DatabaseLoad::AddAnalyze(TaskGraph& graph) {
  for (auto& [oid, table] : tables_) {
    const PgArchiveEntry* entry = index_.FindObject(kPgClass, oid);
    if (entry == nullptr || entry->desc != "TABLE" || table.rows.empty()) continue;
    GraphTask task{"analyze " + ShowEntry(*entry), table.bytes / 8};
    task.after = table.rows;
    task.after.insert(task.after.end(), table.indexes.begin(), table.indexes.end());
    task.shares = {oid};
    const std::string name = QuoteQualified(entry->namespace_name, entry->tag);
    task.run = [this, name](PgSession& session) { return Analyze(session, name); };
    table.indexes.push_back(graph.Add(std::move(task)));
  }
}

// The server gathers them by itself later on: not having them now is no reason to fail.
Result<void> DatabaseLoad::Analyze(PgSession& session, const std::string& table) {
  auto analyzed = session.Run("ANALYZE " + table);
  if (analyzed || session.broken() || !IsAboutTheStatement(analyzed.error())) return analyzed;
  const std::scoped_lock lock(mutex_);
  warnings_.push_back("the planner's statistics of " + table +
                      " are missing: " + analyzed.error().message());
  return {};
}

// They need every key they refer to, and on a partitioned table the rows of every partition.
void DatabaseLoad::AddForeignKeys(TaskGraph& graph) {
  GraphTask all{"wait for all keys"};
  for (std::size_t i = 0; i < graph.size(); ++i) all.after.push_back(i);
  all.run = [](PgSession&) { return Result<void>(); };
  const std::size_t barrier = graph.Add(std::move(all));
  for (const PgArchiveEntry& entry : contents_.archive.entries) {
    if (PhaseOf(entry, index_) != PgPhase::kForeignKey) continue;
    GraphTask task = EntryTask(graph, entry, entry.defn);
    task.after = {barrier};
    for (std::uint32_t oid : TablesOf(entry)) {
      task.locks.insert(oid);
      task.weight += tables_[oid].bytes;
    }
    graph.Add(std::move(task));
  }
}

Result<void> DatabaseLoad::FillTable(PgSession& session, const Parts& parts,
                                     CopyTarget::Rows rows) {
  const StoredPart& first = *parts.front();
  if (rows == CopyTarget::Rows::kPlain) return CopyRows(session, first, rows);
  // FREEZE is allowed in the transaction that emptied the table.
  DBSTOW_TRY(session.Run("BEGIN; TRUNCATE ONLY " + QuoteQualified(first.schema, first.table)));
  for (const StoredPart* part : parts) DBSTOW_TRY(CopyRows(session, *part, rows));
  return session.Commit();
}

Result<void> DatabaseLoad::CopyRows(PgSession& session, const StoredPart& part,
                                    CopyTarget::Rows rows) {
  DBSTOW_ASSIGN(const auto source, contents_.reader->OpenStream(part.item));
  const auto root = roots_.find(NameOf(part));
  const CopyTarget target{root == roots_.end() ? NameOf(part) : root->second, part.columns,
                          part.format, rows};
  Bytes buffer(kReadSize);
  std::optional<StageTimer> sending;
  const auto next = [&]() -> Result<ByteView> {
    sending.reset();
    std::size_t count = 0;
    {
      const StageTimer reading(stages_, Stage::kSource, context_->clock);
      DBSTOW_ASSIGN(count, source->Read(buffer));
    }
    sending.emplace(stages_, Stage::kTarget, context_->clock);
    bytes_done_ += count;
    ReportProgress("data", part.schema + "." + part.table);
    return ByteView(buffer.data(), count);
  };
  DBSTOW_TRY(session.CopyIn(CopyInSql(target), next));
  return {};
}

Result<void> DatabaseLoad::PutLargeObjects(PgSession& session, const std::string& item) {
  DBSTOW_ASSIGN(const auto source, contents_.reader->OpenStream(item));
  DBSTOW_ASSIGN(const std::uint64_t written, RestoreLargeObjects(session, *source));
  bytes_done_ += written;
  ReportProgress("data", "large objects");
  return {};
}

void DatabaseLoad::ReportProgress(std::string_view phase, const std::string& detail) {
  context_->progress.Report({std::string(phase), detail, bytes_done_,
                             contents_.bytes + contents_.large_object_bytes,
                             std::string(stages_.Slowest())});
}

std::vector<Error> DatabaseLoad::TakeFailures() {
  const std::scoped_lock lock(mutex_);
  std::ranges::sort(failures_, {}, [](const Error& each) { return each.message(); });
  return std::exchange(failures_, {});
}

std::vector<std::string> DatabaseLoad::TakeWarnings() {
  const std::scoped_lock lock(mutex_);
  std::ranges::sort(warnings_);
  warnings_.erase(std::unique(warnings_.begin(), warnings_.end()), warnings_.end());
  return std::exchange(warnings_, {});
}

}  // namespace dbstow::postgres
