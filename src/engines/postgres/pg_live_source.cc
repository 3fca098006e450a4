#include "engines/postgres/pg_live_source.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "engines/postgres/pg_archive_toc.h"
#include "engines/postgres/pg_byte_pipe.h"
#include "engines/postgres/pg_definition_guard.h"
#include "engines/postgres/pg_errors.h"
#include "engines/postgres/pg_large_objects.h"
#include "engines/postgres/pg_left_out.h"
#include "engines/postgres/pg_read_catalog.h"
#include "engines/postgres/pg_schema_dump.h"
#include "engines/postgres/pg_snapshot.h"
#include "io/task_group.h"

namespace dbstow::postgres {
namespace {

constexpr const char* kLargeObjectItem = "large_objects/0";

using Producer = std::function<Result<void>(const OperationContext&, StreamSink&)>;

/// Reads what a thread of its own copies out of the server.
class LiveStream final : public StreamSource {
 public:
  LiveStream(const OperationContext& context, Producer produce)
      : produce_(std::move(produce)), group_(context) {
    group_.Start([this]() -> Result<void> {
      PipeSink sink(pipe_);
      pipe_.End(produce_(group_.context(), sink));
      return {};
    });
  }
  ~LiveStream() override { pipe_.Abandon(); }

  Result<std::size_t> Read(MutableByteView out) override { return pipe_.Read(out); }

 private:
  Producer produce_;
  BytePipe pipe_;
  io::TaskGroup group_;  // last: its threads use the others
};

/// Sees the snapshot through the sessions that its streams open.
class LiveReader final : public BackupReader {
 public:
  LiveReader(std::unique_ptr<PgSnapshot> snapshot, const std::vector<TablePart>& parts,
             std::vector<std::uint32_t> large_objects, const OperationContext& context)
      : snapshot_(std::move(snapshot)),
        large_objects_(std::move(large_objects)),
        context_(context) {
    record_.engine = "postgres";
    record_.type = BackupType::kLogical;
    record_.server_version = snapshot_->session().version_text();
    for (const TablePart& part : parts) parts_.emplace(part.ItemName(), part);
  }

  [[nodiscard]] const BackupRecord& record() const override { return record_; }
  [[nodiscard]] const std::vector<ItemInfo>& items() const override { return items_; }

  Result<std::unique_ptr<StreamSource>> OpenStream(std::string_view name) override {
    if (name == kLargeObjectItem)
      return Start([this](const auto& context, StreamSink& sink) {
        return CopyLargeObjects(context, sink);
      });
    const auto found = parts_.find(name);
    if (found == parts_.end()) return NoItem(name);
    return Start([this, &part = found->second](const auto& context, StreamSink& sink) {
      return CopyPart(part, context, sink);
    });
  }
  Result<std::unique_ptr<PageSource>> OpenPages(std::string_view name) override {
    return NoItem(name);
  }

 private:
  static Error NoItem(std::string_view name) {
    return Error(ErrorCode::kInternal, "a live source has no item '" + std::string(name) + "'");
  }

  Result<std::unique_ptr<StreamSource>> Start(Producer produce) {
    return std::make_unique<LiveStream>(context_, std::move(produce));
  }

  Result<void> CopyPart(const TablePart& part, const OperationContext& context, StreamSink& sink) {
    DBSTOW_ASSIGN(const auto session, snapshot_->Join(context));
    auto copied = session->CopyOut(part.CopyOutSql(),
                                   [&sink](ByteView message) { return sink.Write(message); });
    if (!copied) return Explain(copied.error(), "copy table " + part.table->display);
    return {};
  }

  Result<void> CopyLargeObjects(const OperationContext& context, StreamSink& sink) {
    DBSTOW_ASSIGN(const auto session, snapshot_->Join(context));
    RowHash unused;
    return DumpLargeObjects(*session, large_objects_, sink, unused);
  }

  std::unique_ptr<PgSnapshot> snapshot_;
  std::map<std::string, TablePart, std::less<>> parts_;
  std::vector<std::uint32_t> large_objects_;
  OperationContext context_;
  BackupRecord record_;
  std::vector<ItemInfo> items_;
};

StoredPart Describe(const TablePart& part) {
  StoredPart stored;
  stored.item = part.ItemName();
  stored.table_oid = part.table->oid;
  stored.schema = part.table->schema;
  stored.table = part.table->name;
  stored.columns = part.table->columns;
  stored.format = part.table->format;
  stored.parts = part.parts;
  stored.bytes = part.bytes;
  return stored;
}

// What it leaves out goes to `warnings`.
Result<PgArchive> ReadSchema(PgSnapshot& snapshot, const DumpOptions& options,
                             const EnginePorts& ports, const OperationContext& context,
                             std::vector<std::string>& warnings) {
  const int major = snapshot.session().version_number() / 10000;
  DBSTOW_ASSIGN(const ClientProgram pg_dump, FindClientProgram("pg_dump", major, ports, context));
  std::string archive;
  DBSTOW_ASSIGN(std::vector<std::string> left_out,
                DumpSchema({snapshot, pg_dump, options.lock_timeout_ms}, ports, context,
                           [&archive](ByteView bytes) -> Result<void> {
                             archive += AsText(bytes);
                             return {};
                           }));
  DBSTOW_ASSIGN(std::vector<std::string> hidden, ListHiddenOptions(snapshot.session()));
  for (std::string& each : left_out) warnings.push_back(std::move(each));
  for (std::string& each : hidden) warnings.push_back(std::move(each));
  DBSTOW_TRY(CheckDefinitionsStand(snapshot.session(), context));
  return ParseArchive(AsBytes(archive));
}

}  // namespace

Result<LiveSource> LiveSource::Take(const ConnectionInfo& connection, const DumpOptions& options,
                                    const EnginePorts& ports, const OperationContext& context) {
  DBSTOW_ASSIGN(auto snapshot, PgSnapshot::Take(connection, options, context));
  PgSession& session = snapshot->session();
  LiveSource source;
  source.server_version = session.version_number();
  DBSTOW_ASSIGN(source.contents.catalog, ReadCatalog(session));
  DBSTOW_ASSIGN(source.globals, ReadGlobals(session, RoleScope::kUsed));
  DBSTOW_ASSIGN(source.warnings, ListChecksThatAreOff(session));
  std::ranges::move(WarnOfTablesWithoutRows(snapshot->tables()),
                    std::back_inserter(source.warnings));
  DBSTOW_ASSIGN(source.contents.archive,
                ReadSchema(*snapshot, options, ports, context, source.warnings));
  std::vector<TablePart> parts =
      SplitTables(snapshot->tables(), options.split_bytes, source.server_version);
  for (const TablePart& part : parts) {
    source.contents.parts.push_back(Describe(part));
    source.contents.bytes += part.bytes;
  }
  std::vector<std::uint32_t> objects;
  for (const PgLargeObject& object : source.contents.catalog.large_objects) {
    objects.push_back(object.oid);
  }
  if (!objects.empty()) {
    source.contents.large_object_items = {kLargeObjectItem};
    DBSTOW_ASSIGN(const PgRows size, session.Query("SELECT pg_relation_size('pg_largeobject')"));
    source.contents.large_object_bytes = static_cast<std::uint64_t>(size.Integer(0, 0));
  }
  source.contents.reader = std::make_unique<LiveReader>(std::move(snapshot), std::move(parts),
                                                        std::move(objects), context);
  return source;
}

}  // namespace dbstow::postgres
