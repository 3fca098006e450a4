#include "engines/postgres/pg_table_dump.h"

#include <nlohmann/json.hpp>

#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_large_objects.h"

namespace dbstow::postgres {
namespace {

constexpr std::size_t kObjectsPerPiece = 20'000;
constexpr std::uint64_t kProgressStep = 4u << 20;

// A table is locked before, but not the name of its schema.
Error Unread(const Error& error, const std::string& doing, const TablePlan& table) {
  const std::string state = error.native() ? error.native()->code : "";
  if (state != "3F000" && state != "42P01") {
    return Explain(error, doing + " table " + table.display);
  }
  return ChangedMeanwhile("the schema of table " + table.display +
                          " was renamed before it was read");
}

/// Gathers rows into pieces that the sink takes without copying them again. The time between two
/// calls of the sink is what the server takes for the rows.
class RowBuffer {
 public:
  RowBuffer(StreamSink& sink, StageMeter& stages, Clock& clock)
      : sink_(sink), stages_(stages), clock_(clock), waiting_since_(clock.MonotonicNow()) {
    bytes_.reserve(StreamSink::kPiece);
  }
  Result<void> Write(ByteView row) {
    while (bytes_.size() + row.size() >= StreamSink::kPiece) {
      const std::size_t room = StreamSink::kPiece - bytes_.size();
      Append(row.first(room));
      DBSTOW_TRY(Flush());
      row = row.subspan(room);
    }
    Append(row);
    return {};
  }
  Result<void> Flush() {
    if (bytes_.empty()) return {};
    auto written = Pass(bytes_);
    bytes_.clear();
    return written;
  }

 private:
  void Append(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  Result<void> Pass(ByteView bytes) {
    stages_.Add(Stage::kSource, clock_.MonotonicNow() - waiting_since_);
    auto written = sink_.Write(bytes);
    waiting_since_ = clock_.MonotonicNow();
    return written;
  }

  StreamSink& sink_;
  StageMeter& stages_;
  Clock& clock_;
  Monotonic waiting_since_;
  Bytes bytes_;
};

StringMap AttributesOf(const TablePart& part) {
  StringMap attributes{{"schema", part.table->schema},
                       {"table", part.table->name},
                       {"oid", std::to_string(part.table->oid)},
                       {"columns", nlohmann::json(part.table->columns).dump()},
                       {"format", std::string(ToString(part.table->format))},
                       {"part", std::to_string(part.number)},
                       {"parts", std::to_string(part.parts)}};
  if (part.parts > 1) {
    attributes["pages"] = std::to_string(part.first_page) + "-" +
                          (part.end_page ? std::to_string(*part.end_page) : "");
  }
  return attributes;
}

}  // namespace

TableDump::TableDump(PgSnapshot& snapshot, std::vector<std::uint32_t> large_objects,
                     const DumpOptions& options, StageMeter& stages, ItemOpener open)
    : snapshot_(snapshot),
      large_objects_(std::move(large_objects)),
      options_(options),
      stages_(stages),
      open_(std::move(open)) {
  for (const TablePart& part :
       SplitTables(snapshot_.tables(), options.split_bytes, snapshot_.session().version_number())) {
    bytes_total_ += part.bytes;
    pieces_.push_back({part});
  }
  int number = 0;
  for (std::size_t first = 0; first < large_objects_.size(); first += kObjectsPerPiece) {
    const std::size_t count = std::min(kObjectsPerPiece, large_objects_.size() - first);
    // Their sizes are unknown: begin with them, so that no big one is left for the end.
    pieces_.insert(pieces_.begin(), Piece{{}, first, count, number++});
  }
  open_pieces_ = pieces_.size();
  if (pieces_.empty()) deferred_.Close();
}

void TableDump::Start(io::TaskGroup& group) {
  const std::size_t jobs =
      std::min<std::size_t>(static_cast<std::size_t>(options_.jobs), pieces_.size());
  for (std::size_t i = 0; i < jobs; ++i) {
    group.Start([this, &group] { return Work(group.context()); });
  }
}

Result<void> TableDump::ServeDeferred(io::TaskGroup& group) {
  while (auto part = deferred_.Pop(group.context().stop)) {
    auto copied = CopyPart(snapshot_.session(), *part, group.context());
    if (!copied) group.Fail(std::move(copied).error());
  }
  return group.Wait();
}

Result<void> TableDump::Work(const OperationContext& context) {
  DBSTOW_ASSIGN(const auto session, snapshot_.Join(context));
  for (std::size_t i = next_++; i < pieces_.size(); i = next_++) {
    const Piece& piece = pieces_[i];
    if (piece.part.table == nullptr) {
      DBSTOW_TRY(CopyObjects(*session, piece, context));
      continue;
    }
    auto locked =
        session->Run("SAVEPOINT dbstow; LOCK TABLE ONLY " + piece.part.table->QualifiedName() +
                     " IN ACCESS SHARE MODE NOWAIT; RELEASE SAVEPOINT dbstow");
    if (locked) {
      DBSTOW_TRY(CopyPart(*session, piece.part, context));
    } else if (IsLockRefusal(locked.error())) {
      DBSTOW_TRY(session->Run("ROLLBACK TO SAVEPOINT dbstow"));
      deferred_.Push(piece.part);
    } else {
      return Unread(locked.error(), "lock", *piece.part.table);
    }
  }
  return {};
}

Result<void> TableDump::CopyPart(PgSession& session, const TablePart& part,
                                 const OperationContext& context) {
  DBSTOW_ASSIGN(const auto sink, open_({part.ItemName(), AttributesOf(part)}));
  RowBuffer buffer(*sink, stages_, context.clock);
  BinaryCopyRows binary;
  RowHash hash;
  const bool is_binary = part.table->format == CopyFormat::kBinary;
  std::uint64_t unreported = 0;
  const auto take = [&](ByteView message) -> Result<void> {
    const ByteView row = is_binary ? binary.RowOf(message) : message;
    if (!row.empty()) hash.Add(row);
    unreported += message.size();
    if (unreported >= kProgressStep) {
      ReportProgress(context, part.table->display, std::exchange(unreported, 0));
      // The snapshot's own session does not stop by itself when another task fails.
      DBSTOW_TRY(context.CheckAlive("copying table " + part.table->display));
    }
    return buffer.Write(message);
  };
  auto copied = session.CopyOut(part.CopyOutSql(), take);
  if (!copied) return Unread(copied.error(), "copy", *part.table);
  DBSTOW_TRY(buffer.Flush());
  ReportProgress(context, part.table->display, unreported);
  return Account(part.table->oid, hash, *sink);
}

Result<void> TableDump::CopyObjects(PgSession& session, const Piece& piece,
                                    const OperationContext& context) {
  DBSTOW_ASSIGN(const auto sink,
                open_({"large_objects/" + std::to_string(piece.number),
                       {{"objects", std::to_string(piece.objects)}, {"format", "binary"}}}));
  RowHash hash;
  DBSTOW_TRY(DumpLargeObjects(
      session, std::span(large_objects_).subspan(piece.first_object, piece.objects), *sink, hash));
  ReportProgress(context, "large objects", 0);
  return Account(0, hash, *sink);
}

Result<void> TableDump::Account(std::uint32_t table, const RowHash& hash, StreamSink& sink) {
  DBSTOW_ASSIGN(const ItemSummary summary, sink.Finish());
  {
    const std::scoped_lock lock(mutex_);
    hashes_[table].Merge(hash);
    totals_.bytes.read += summary.bytes_read;
    totals_.bytes.stored += summary.bytes_stored;
    totals_.bytes.reused += summary.bytes_reused;
    totals_.rows += table == 0 ? 0 : hash.rows();
    ++totals_.parts;
  }
  DoneWithOne();
  return {};
}

void TableDump::DoneWithOne() {
  if (--open_pieces_ == 0) deferred_.Close();
}

void TableDump::ReportProgress(const OperationContext& context, const std::string& detail,
                               std::uint64_t bytes) {
  const std::uint64_t done = bytes_done_ += bytes;
  context.progress.Report({"data", detail, done, bytes_total_, std::string(stages_.Slowest())});
}

std::vector<ContentFingerprint> TableDump::Fingerprints() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ContentFingerprint> fingerprints;
  std::map<std::string_view, RowHash> shared;  // of partitions that have one fingerprint
  const auto is_shared = [](const TablePlan& table) { return table.counted_as != table.display; };
  const auto hash_of = [this](const TablePlan& table) {
    const auto found = hashes_.find(table.oid);
    return found == hashes_.end() ? RowHash() : found->second;
  };
  for (const TablePlan& table : snapshot_.tables()) {
    if (is_shared(table)) shared[table.counted_as].Merge(hash_of(table));
  }
  for (const TablePlan& table : snapshot_.tables()) {
    RowHash hash = hash_of(table);
    if (is_shared(table)) {
      const auto all = shared.extract(table.counted_as);
      if (all.empty()) continue;  // told with the first of them
      hash = all.mapped();
    }
    fingerprints.push_back(
        {table.counted_as, table.FingerprintMethod(), hash.rows(), hash.Digest()});
  }
  if (const auto found = hashes_.find(0); found != hashes_.end()) {
    fingerprints.push_back({"large objects", std::string(kLargeObjectsMethod), found->second.rows(),
                            found->second.Digest()});
  }
  return fingerprints;
}

DumpTotals TableDump::totals() const {
  const std::scoped_lock lock(mutex_);
  return totals_;
}

}  // namespace dbstow::postgres
